"""The queue on both databases: who gets what, once, and what a lost lease still allows."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from headswap.jobs import queue
from headswap.jobs.queue import Claim, Counts
from headswap.jobs.states import PROCESSING, QUEUED
from headswap.store.database import Database
from headswap.store.tables import QueueEntry
from tests.service_world import LEASE_MS, NOW, World

pytest_plugins = ["tests.service_databases"]

CLAIM_ALL = """
import sys
from headswap.jobs import queue
from headswap.store.database import Database

database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
while True:
    with database.write() as s:
        claim = queue.claim(s, sys.argv[2], int(sys.argv[3]), 60_000)
    if claim is None:
        break
    print(claim.ref_id, flush=True)
"""


def waiting(world: World, *entries: tuple[str, int, int], team: str = "") -> None:
    """Entries of tasks: a letter for the id, the priority, and how long ago it was queued."""
    with world.database.write() as s:
        for letter, priority, age_ms in entries:
            team_id = team or world.caller.team_id
            queue.add(s, "task", letter * 24, team_id, priority, NOW - age_ms)


def claim(world: World, now_ms: int = NOW, owner: str = "worker") -> Claim | None:
    with world.database.write() as s:
        return queue.claim(s, owner, now_ms, LEASE_MS)


def must_claim(world: World, now_ms: int = NOW, owner: str = "worker") -> Claim:
    got = claim(world, now_ms, owner)
    assert got is not None
    return got


def claimed_letters(world: World, now_ms: int = NOW) -> str:
    letters = ""
    while (got := claim(world, now_ms)) is not None:
        letters += got.ref_id[0]
    return letters


@pytest.mark.parametrize(
    ("entries", "order"),
    [
        ([], ""),
        ([("a", 9, 0)], "a"),
        ([("a", 9, 1), ("b", 9, 2), ("c", 9, 3)], "cba"),
        ([("a", 9, 9), ("b", 10, 1), ("c", 1, 99)], "bac"),
        ([("b", 9, 5), ("a", 9, 5)], "ab"),
    ],
)
def test_the_largest_priority_comes_first_and_then_the_oldest(
    database: Database, entries: list[tuple[str, int, int]], order: str
) -> None:
    world = World.of(database)
    waiting(world, *entries)
    assert claimed_letters(world) == order


def test_of_one_priority_the_team_with_less_running_comes_first(database: Database) -> None:
    world = World.of(database)
    waiting(world, ("a", 9, 90), ("b", 9, 80), ("c", 9, 70))
    waiting(world, ("d", 9, 60), ("e", 9, 50), team=world.another_team().team_id)
    waiting(world, ("f", 9, 5), team=world.another_team().team_id)
    assert claimed_letters(world) == "adfbec"


def test_a_busy_team_with_a_larger_priority_still_comes_first(database: Database) -> None:
    world = World.of(database)
    waiting(world, ("a", 10, 3), ("b", 10, 2))
    waiting(world, ("c", 9, 99), team=world.another_team().team_id)
    assert claimed_letters(world) == "abc"


def test_a_lease_that_ran_out_does_not_count_as_running(database: Database) -> None:
    world = World.of(database)
    waiting(world, ("a", 9, 9))
    must_claim(world)
    waiting(world, ("b", 9, 5))
    waiting(world, ("c", 9, 1), team=world.another_team().team_id)
    assert claimed_letters(world, NOW + LEASE_MS) == "acb"


def test_a_claim_tells_the_work_and_its_record_is_processing(database: Database) -> None:
    world = World.of(database)
    analysis = world.submitted()
    assert world.analysis(analysis.id).status == QUEUED
    got = must_claim(world, owner="host-1")
    assert (got.kind, got.ref_id, got.tries) == ("analysis", analysis.id, 1)
    assert got.team_id == world.caller.team_id
    assert got.owner.startswith("host-1/")
    assert world.analysis(analysis.id).status == PROCESSING
    assert claim(world) is None


def test_an_entry_is_free_again_when_its_lease_ends_and_not_before(database: Database) -> None:
    world = World.of(database)
    waiting(world, ("a", 9, 0))
    first = must_claim(world)
    assert claim(world, NOW + LEASE_MS - 1) is None
    second = must_claim(world, NOW + LEASE_MS)
    assert (second.ref_id, second.tries) == (first.ref_id, 2)


def test_an_extended_lease_ends_later(database: Database) -> None:
    world = World.of(database)
    waiting(world, ("a", 9, 0))
    held = must_claim(world)
    with database.write() as s:
        assert queue.extend(s, held, NOW + 10_000)
    assert claim(world, NOW + 10_000 + LEASE_MS - 1) is None
    assert claim(world, NOW + 10_000 + LEASE_MS) is not None


def test_a_lease_that_ran_out_can_be_extended_while_nobody_took_it(database: Database) -> None:
    world = World.of(database)
    waiting(world, ("a", 9, 0))
    held = must_claim(world)
    with database.write() as s:
        assert queue.extend(s, held, NOW + 2 * LEASE_MS)
    assert claim(world, NOW + 2 * LEASE_MS) is None


@pytest.mark.parametrize("owner", ["another", "worker"])
def test_a_lost_claim_allows_nothing_not_even_under_the_same_name(
    database: Database, owner: str
) -> None:
    world = World.of(database)
    waiting(world, ("a", 9, 0))
    lost = must_claim(world)
    held = must_claim(world, NOW + LEASE_MS, owner)
    later = NOW + LEASE_MS + 1
    with database.write() as s:
        assert queue.watch(s, lost) == "lost"
        assert not queue.extend(s, lost, later, progress=50)
        assert not queue.give_back(s, lost, later)
        assert not queue.done(s, lost)
    with database.write() as s:
        assert queue.watch(s, held) == "ours"
        assert queue.done(s, held)
        assert queue.watch(s, held) == "lost"
        assert not queue.done(s, held)
    assert world.rows(QueueEntry) == []


@pytest.mark.parametrize(("spent", "tries"), [(False, 1), (True, 2)])
def test_what_is_given_back_waits_for_its_time(database: Database, spent: bool, tries: int) -> None:
    world = World.of(database)
    waiting(world, ("a", 9, 0))
    with database.write() as s:
        held = queue.claim(s, "worker", NOW, LEASE_MS)
        assert held is not None
        assert queue.give_back(s, held, NOW, delay_ms=500, spent=spent)
    assert claim(world, NOW + 499) is None
    assert must_claim(world, NOW + 500).tries == tries


def test_progress_is_stored_and_never_runs_backwards(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created()
    held = world.claimed(task.id)
    shown: list[tuple[int, int | None]] = []
    for progress, eta_s in [(0, None), (40, 30), (20, 45), (41, 29)]:
        with database.write() as s:
            assert queue.extend(s, held, NOW, progress, eta_s)
        stored = world.task(task.id)
        shown.append((stored.progress, stored.eta_s))
    assert shown == [(0, None), (40, 30), (40, 45), (41, 29)]


def test_progress_of_an_analysis_is_stored(database: Database) -> None:
    world = World.of(database)
    analysis = world.submitted()
    held = world.claimed(analysis.id)
    with database.write() as s:
        assert queue.extend(s, held, NOW, 70, 5)
    assert world.analysis(analysis.id).progress == 70


def test_counts_tell_what_waits_and_what_runs(database: Database) -> None:
    world = World.of(database)
    with database.read() as s:
        assert queue.counts(s, NOW) == [Counts("analysis", 0, 0), Counts("task", 0, 0)]
    world.submitted()
    waiting(world, ("a", 9, 9), ("b", 9, 8), ("c", 8, 7))
    must_claim(world)
    must_claim(world)
    with database.read() as s:
        assert queue.counts(s, NOW) == [Counts("analysis", 1, 0), Counts("task", 1, 2)]
        assert queue.counts(s, NOW + LEASE_MS) == [Counts("analysis", 1, 0), Counts("task", 3, 0)]


def test_many_threads_claim_every_entry_exactly_once(database: Database) -> None:
    world = World.of(database)
    added = fill(world, 60)

    def work(number: int) -> list[str]:
        mine: list[str] = []
        while (got := claim(world, owner=f"thread {number}")) is not None:
            mine.append(got.ref_id)
        return mine

    with ThreadPoolExecutor(8) as pool:
        claimed = [ref_id for mine in pool.map(work, range(8)) for ref_id in mine]
    assert Counter(claimed) == Counter(added)


def test_many_processes_claim_every_entry_exactly_once(
    database: Database, database_url: str
) -> None:
    world = World.of(database)
    added = fill(world, 60)
    command = [sys.executable, "-c", CLAIM_ALL, database_url]
    pipe = subprocess.PIPE
    workers = [
        subprocess.Popen([*command, f"process {n}", str(NOW)], stdin=pipe, stdout=pipe, text=True)
        for n in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    claimed = [worker.communicate(timeout=60)[0].split() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert Counter(ref_id for mine in claimed for ref_id in mine) == Counter(added)
    with database.read() as s:
        owners = set(s.scalars(select(QueueEntry.lease_owner)))
    assert None not in owners and len(owners) == len(added)


def test_entries_whose_leases_end_are_claimed_again_exactly_once(database: Database) -> None:
    world = World.of(database)
    added = fill(world, 20)
    assert len(claimed_letters(world)) == len(added)
    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(lambda _: claim(world, NOW + LEASE_MS), range(30)))
    again = [one for one in got if one is not None]
    assert Counter(one.ref_id for one in again) == Counter(added)
    assert {one.tries for one in again} == {2}


def fill(world: World, count: int) -> list[str]:
    """Entries of three teams, of mixed priority."""
    teams = [world.caller, world.another_team(), world.another_team()]
    ids = [f"{number:024x}" for number in range(count)]
    with world.database.write() as s:
        for number, ref_id in enumerate(ids):
            team = teams[number % 3]
            queue.add(s, "task", ref_id, team.team_id, number % 2, NOW - number)
    return ids
