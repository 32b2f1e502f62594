# What the scripts share: the checkout's own Python environment, and the real programs of the tests.
# Sourced by the others with $root set to the checkout; plain POSIX shell.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

# Print the first Python that is new enough.
find_python() {
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# Make or renew .venv: $1 is `run`, `dev` or `bench`, each with all of those before it. A stamp tells
# whether what is there still fits.
ensure_env() {
    venv=$root/.venv
    stamp=$( (cat "$root/pyproject.toml"; printf '%s' "$root") | cksum)
    if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null; then
        case $1 in
            run) enough='bench dev run' ;;
            dev) enough='bench dev' ;;
            *) enough=$1 ;;
        esac
        for kind in $enough; do
            [ "$(cat "$venv/.stamp-$kind" 2>/dev/null)" = "$stamp" ] && return 0
        done
    else
        python=$(find_python) || die "Python 3.11 or newer is needed: apt-get install python3 python3-venv"
        "$python" -c 'import venv, ensurepip' 2>/dev/null ||
            die "$python cannot make environments: apt-get install python3-venv"
        say "Creating $venv"
        "$python" -m venv --clear "$venv" || die "could not create $venv"
    fi
    case $1 in
        dev) what="$root[dev]" ;;
        bench) what="$root[dev,bench]" ;;
        *) what=$root ;;
    esac
    say "Installing what pyproject.toml asks for (a minute or two the first time)"
    PIP_ROOT_USER_ACTION=ignore "$venv/bin/python" -m pip install --quiet \
        --disable-pip-version-check -e "$what" || die "pip could not install $what"
    printf '%s' "$stamp" >"$venv/.stamp-$1"
}

has_store() { command -v victoria-metrics >/dev/null 2>&1; }

has_monitoring() {
    command -v prometheus && command -v promtool && command -v amtool &&
        { command -v prometheus-alertmanager || command -v alertmanager; }
} >/dev/null 2>&1

has_real_parts() { has_monitoring && has_store; }

# Debian's Alertmanager reads its templates from /usr/share, where nothing is installed: let the
# unpacked one read them from its working directory (a path of the same length), and start it there.
relocate_alertmanager() {
    "$root/.venv/bin/python" - usr/bin/prometheus-alertmanager <<'END' || return 1
import pathlib, sys
path = pathlib.Path(sys.argv[1])
there = b"/usr/share/prometheus/alertmanager"
path.with_suffix(".here").write_bytes(path.read_bytes().replace(there, b".".ljust(len(there), b"/")))
END
    cat >usr/bin/prometheus-alertmanager <<'END'
#!/bin/sh
# Starts the unpacked Alertmanager beside its templates; give it absolute paths.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here/../share/prometheus/alertmanager" && exec "$here/prometheus-alertmanager.here" "$@"
END
    chmod +x usr/bin/prometheus-alertmanager usr/bin/prometheus-alertmanager.here
}

# Add VictoriaMetrics to what was unpacked before.
add_store() {
    say "Fetching the real VictoriaMetrics from Debian into .cache/real"
    rm -rf "$root/.cache/fetching-store"
    mkdir -p "$root/.cache/fetching-store" "$root/.cache/real/usr/bin"
    (
        cd "$root/.cache/fetching-store" || exit 1
        apt-get download victoria-metrics >fetch.log 2>&1 || exit 1
        dpkg-deb -x victoria-metrics*.deb . >>fetch.log 2>&1 || exit 1
        mv usr/bin/victoria-metrics "$root/.cache/real/usr/bin/"
    ) || {
        say "Could not fetch it; 'apt-get update' may be needed first. What was said:"
        cat "$root/.cache/fetching-store/fetch.log" >&2
        return 0
    }
    rm -rf "$root/.cache/fetching-store"
}

# Put Prometheus, Alertmanager and VictoriaMetrics on PATH: the machine's own, or Debian's packages
# unpacked into .cache/real (no root needed, no service started). Where neither can be had, say why and go on:
# the tests decide whether that is a failure.
ensure_real_parts() {
    has_real_parts && return 0
    PATH=$PATH:$root/.cache/real/usr/bin
    export PATH
    has_real_parts && return 0
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
        say "No apt-get here: put prometheus, promtool, alertmanager, amtool and victoria-metrics on PATH"
        return 0
    }
    has_monitoring || fetch_monitoring
    has_store || add_store
}

fetch_monitoring() {
    say "Fetching the real Prometheus and Alertmanager from Debian into .cache/real"
    rm -rf "$root/.cache/fetching"
    mkdir -p "$root/.cache/fetching"
    (
        cd "$root/.cache/fetching" || exit 1
        apt-get download prometheus prometheus-alertmanager >fetch.log 2>&1 || exit 1
        for package in *.deb; do
            dpkg-deb -x "$package" . >>fetch.log 2>&1 || exit 1
        done
        rm -f -- *.deb
        relocate_alertmanager >>fetch.log 2>&1
    ) && rm -rf "$root/.cache/real" && mv "$root/.cache/fetching" "$root/.cache/real" || {
        say "Could not fetch them; 'apt-get update' may be needed first. What was said:"
        cat "$root/.cache/fetching/fetch.log" >&2
    }
}
