"""Consent: how a text is read, whose it is, and when nothing is stated."""

from __future__ import annotations

import pytest

from headswap.errors import ConsentMissing
from headswap.trust.consent import Consent, consents_for, read_consent

WHEN = "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "by", "statement", "scope"),
    [
        ("they agreed", "user", "they agreed", "this"),
        ("Anna Berg: they agreed", "Anna Berg", "they agreed", "this"),
        ("they agreed; for the trailer", "user", "they agreed", "the trailer"),
        (" Anna: yes, all; for A; B ", "Anna", "yes, all", "A; B"),
        ("at 10:30 they agreed", "user", "at 10:30 they agreed", "this"),
        ("yes", "user", "yes", "this"),
    ],
)
def test_a_text_says_who_what_and_what_for(text: str, by: str, statement: str, scope: str) -> None:
    found = read_consent(text, by="user", scope="this", when=WHEN)
    assert found == Consent(by, statement, scope, WHEN)


@pytest.mark.parametrize("text", ["", "  ", "no", "0", "FALSE", "off", "x" * 2001, "a\x00b"])
def test_what_states_nothing_is_refused(text: str) -> None:
    with pytest.raises(ConsentMissing):
        read_consent(text, by="user", scope="this", when=WHEN)


def test_consent_is_given_for_all_or_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADSWAP_CONSENT", raising=False)
    own = Consent("Ben", "agreed", "all", WHEN)
    assert consents_for([0, 1], own) == {0: own, 1: own}
    mixed = consents_for([0, 1], {0: own, 1: "Eva: agreed"})
    assert (mixed[0], mixed[1].by) == (own, "Eva")
    with pytest.raises(ConsentMissing, match=r"photo for 1 .*--consent"):
        consents_for([0, 1], {0: own})
    with pytest.raises(ConsentMissing, match="HEADSWAP_CONSENT"):
        consents_for([0], None)


def test_the_environment_states_it_for_what_is_not_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADSWAP_CONSENT", "Eva: agreed; for all")
    own = Consent("Ben", "agreed", "all", WHEN)
    found = consents_for([0, 1], {1: own})
    assert (found[0].by, found[0].scope, found[1]) == ("Eva", "all", own)
    monkeypatch.setenv("HEADSWAP_CONSENT", "no")
    with pytest.raises(ConsentMissing):
        consents_for([0], None)
