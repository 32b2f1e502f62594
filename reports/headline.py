"""The first lines of a draft: what happened, to whom, how it was noticed, in facts only."""

from __future__ import annotations

from detector.results import UserShare
from reports import moments, numbers, times
from reports.asked import BRIEF
from reports.contradictions import contradictions
from reports.escape import note
from reports.facts import Incident

MET = {
    "blocked": "mostly locked out",
    "intermittent": "met intermittent failures",
    "mixed": "locked out or met with intermittent failures",
}
"""What users met, after `44.4 % of users`."""
DOWN = 0.95
"""An error ratio at or above this, throughout the window, is called down or nearly so."""
STATE = {
    "errors": "degraded",
    "traffic_loss": "attempts stayed away",
    "errors_and_traffic_loss": "degraded, and attempts stayed away",
}
"""What a window was, where users' own attempts do not tell what they met."""
AWAY = " Attempts were under a quarter of the least that comparable hours show."
MEANS = {"alert": "an alert", "ticket": "a ticket", "report": "a report"}
EXPERIENCE = {
    "blocked": "mostly locked out",
    "intermittent": "mostly intermittent failures",
    "mixed": "some locked out, some with intermittent failures",
}


def title(incident: Incident) -> str:
    """As people named it, else `SERVICE, DATE`: the day (UTC) of the onset, or what is known."""
    given = moments.correction(incident, "title")
    if given is not None:
        return given.value
    known = [a.fired_at for a in incident.alerts] + [e.time for e in incident.events]
    if incident.window is not None:
        return f"{incident.service}, {times.date(incident.window.onset)}"
    return f"{incident.service}, {times.date(min(known, default=incident.as_of))}"


def headline(incident: Incident) -> str:
    """One sentence: what users met, as far as that is known, how long, from when to when."""
    window, name = incident.window, incident.service
    dismissed = moments.correction(incident, "dismissed")
    if dismissed is not None:
        return f"{name}: dismissed by people as no incident: {dismissed.value}"
    if window is None:
        return f"{name}: {_without_window(incident)}"
    zone = times.local_zone(incident.zone)
    start = numbers.show(window.start, zone)
    since = _edge(start, "start")
    assert window.duration_seconds.value is not None  # every window spans something
    length = times.about(window.duration_seconds.value) + note("duration_seconds")
    if window.end.value is None:
        as_of = times.utc(window.as_of)
        so_far = f"; so far {met}" if (met := _met(incident)) else ""
        return f"{name}: ongoing since {since}, for {length} as of {as_of}{so_far}."
    end = numbers.show(window.end, zone)
    until = _edge(end, "end")
    state = _met(incident) or STATE[window.kind]
    return f"{name}: {state} for {length}, from {since} to {until}."


def _edge(shown: numbers.Shown, name: str) -> str:
    return shown.value + note(name) + (f" ({shown.local})" if shown.local else "")


def _met(incident: Incident) -> str:
    """What users met by their own attempts, else by an error ratio near 1; else nothing."""
    users, window = incident.users, incident.window
    if users is not None and users.affected.value is not None and users.experience in MET:
        share = numbers.show(users.affected).value + note("affected_users")
        return f"{share} of users {MET[users.experience]}"
    if window is None or not _failed_throughout(incident):
        return ""
    ratio = numbers.show(window.error_ratio).value + note("error_ratio")
    return f"down or nearly so ({ratio} of attempts failed)"


def _failed_throughout(incident: Incident) -> bool:
    """Whether nearly every attempt failed from edge to edge: slow successes are no failures."""
    window, curve = incident.window, incident.curve
    if window is None or curve is None or incident.slow_errors:
        return False
    if window.attempts.value is None or len(window.phases) > 1:
        return False
    inside = [
        low
        for start, end, low, rate in zip(
            curve.start, curve.end, curve.low, curve.per_minute, strict=True
        )
        if start >= window.onset and end <= window.until and low is not None and rate
    ]
    ratio = window.error_ratio
    near_one = ratio.value is not None and ratio.low is not None and ratio.low >= DOWN
    return near_one and bool(inside) and min(inside) >= DOWN


def points(incident: Incident) -> tuple[tuple[str, str], ...]:
    """(Name, fact) pairs below the headline: impact, noticed, changes, what does not fit."""
    found = [("Impact", impact(incident)), ("Noticed", noticed(incident))]
    found += [("Near in time", near)] if (near := _near(incident)) else []
    found += [("Does not fit", odd)] if (odd := _odd(incident)) else []
    return tuple(found)


def impact(incident: Incident) -> str:
    """The share of users, or that of attempts where users cannot be told."""
    users, window = incident.users, incident.window
    if window is None:
        return "not derivable, because no window was measured."
    ratio, usual = numbers.show(window.error_ratio), numbers.show(window.baseline_error_ratio)
    errors = ""
    if window.error_ratio.status != "not_derivable":
        against = f"{usual.value}{note('baseline_error_ratio')} expected"
        errors = f" Error ratio {ratio.value}{note('error_ratio')}, against {against}."
    if window.kind != "errors":
        errors += AWAY
    if users is None or users.affected.status == "not_derivable":
        return f"share of users not derivable (see Impact).{errors}"
    felt = EXPERIENCE.get(users.experience)
    return f"{_of_users(users)} of users hit{', ' + felt if felt else ''}.{errors}"


def _of_users(users: UserShare) -> str:
    """The share with its interval; a range as such, and open above where nothing bounds it."""
    share, mark = numbers.show(users.affected), note("affected_users")
    if users.affected.value is not None:
        interval = f" ({share.interval})" if " to " in share.interval else ""
        return share.value + mark + interval
    least, _, most = share.value.partition(" to ")
    open_above = users.affected.high is not None and users.affected.high >= 1
    if users.affected.low == 0:
        return f"at most {most}{mark}"
    return f"at least {least}{mark}" if open_above else f"between {least} and {most}{mark}"


def noticed(incident: Incident) -> str:
    """By what it was noticed first, and how long after the onset."""
    seen = moments.detected(incident)
    if seen.time is None:
        fired = "no alert fired, and " if incident.alerts_known else "alerts are not known, and "
        return f"not known: {fired}no ticket or report was given."
    text = f"by {seen.means} “{seen.what}” at {times.utc(seen.time)}"
    delay = moments.time_to_detect(incident)
    if delay.seconds.value is not None:
        after = times.apart(delay.seconds.value, "the measured onset")
        text += f", {after}{note('time_to_detect')}"
        text += f" ({delay.flag})" if delay.flag else ""
    if seen.means != "alert" and moments.first_alert(incident) is None:
        text += "; no alert fired" if incident.alerts_known else "; whether an alert fired: unknown"
    return f"{text}."


def noticed_by(incident: Incident) -> str:
    """By what it was noticed, in short: the whole sentence stands among the first lines."""
    seen = moments.detected(incident)
    by = "by what is not known" if seen.time is None else f"first by {MEANS[seen.means]}"
    return f"Noticed {by}: see the first lines of this draft."


def experienced(incident: Incident) -> str:
    """What users experienced, as far as their attempts tell."""
    users = incident.users
    if users is None:
        return "not derivable, because no window was measured."
    if users.experience not in EXPERIENCE:
        because = users.affected.reason or users.hit_users.reason or "their attempts do not tell"
        return f"not derivable, because {because}."
    hit, blocked = numbers.show(users.hit_users), numbers.show(users.blocked_users)
    felt = EXPERIENCE[users.experience]
    most = f"{blocked.value}{note('blocked_users')} of {hit.value}{note('hit_users')}"
    return f"{felt}: {most} users hit had no success in the window."


def _without_window(incident: Incident) -> str:
    state = {
        "suspected": "suspected",
        "declared": "declared by people",
        "unconfirmed": "unconfirmed",
    }.get(incident.state, incident.state)
    return f"{state}; no outage was measured, because {incident.no_window_because}."


def _near(incident: Incident) -> str:
    parts = []
    for near in moments.near_onset(incident)[:1]:
        parts.append(f"“{near.event.text}” {near.in_words}")
    for near in moments.near_recovery(incident)[:1]:
        parts.append(f"“{near.event.text}” {near.in_words}")
    return f"{'; '.join(parts)}. Near in time is no proof of a cause." if parts else ""


def _odd(incident: Incident) -> str:
    briefs = dict.fromkeys(BRIEF[found.id] for found in contradictions(incident))
    return f"{'; '.join(briefs)}." if briefs else ""
