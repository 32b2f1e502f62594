"""Whose doing a failed attempt was, by its reason: the service's own, or the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.users import SUCCESS, Outcome


@dataclass(frozen=True, slots=True)
class Reasons:
    """Which failure reasons are the service's own and which the user's (a wrong password)."""

    system: frozenset[str] = frozenset()
    user: frozenset[str] = frozenset()

    def outcome(self, reason: str) -> Outcome:
        """The outcome of an attempt that failed for this reason; "" where none was given."""
        name = reason.strip()
        if name in self.system:
            return Outcome(name, "system")
        return Outcome(name, "user" if name in self.user else "unclassified")

    def outcomes(self, reasons: Sequence[str]) -> tuple[Outcome, ...]:
        """A success, then an outcome for each of the reasons in their order."""
        return (SUCCESS, *(self.outcome(reason) for reason in reasons))

    def or_else(self, others: Reasons) -> Reasons:
        """These, and of the others what these do not speak of."""
        own = self.system | self.user
        return Reasons(self.system | (others.system - own), self.user | (others.user - own))


KEYCLOAK = Reasons(
    system=frozenset(
        {
            "client_disabled",
            "client_not_found",
            "email_send_failed",
            "invalid_authn_request",
            "invalid_client",
            "invalid_client_credentials",
            "invalid_config",
            "invalid_issuer",
            "invalid_redirect_uri",
            "invalid_saml_document",
            "invalid_saml_response",
            "invalid_signature",
            "invalid_token",
            "invalid_token_type",
            "realm_disabled",
            "unauthorized_client",
            "unknown_identity_provider",
        }
    ),
    user=frozenset(
        {
            "consent_denied",
            "different_user_authenticated",
            "invalid_email",
            "password_missing",
            "rejected_by_user",
            "resolve_required_actions",
            "user_disabled",
            "user_not_found",
            "user_temporarily_disabled",
            "username_missing",
        }
    ),
)
"""Errors of Keycloak's events (org.keycloak.events.Errors) that leave no doubt whose they are.

The system's are those between programs, in which the user has no hand. What may be either is in
neither: codes, cookies and sessions that expire or are lost, an identity provider that refuses or
fails, and `invalid_user_credentials`, which Keycloak also writes when a login ends in an exception
of its own, so that an unreachable user store looks like wrong passwords.
"""
