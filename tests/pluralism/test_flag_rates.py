"""How often a rule hits people of one stratum, beside all others."""

from pluralism.flag_rates import by_stratum


def people(**strata):
    """Return who is in which stratum: india=(ten people, three of them hit)."""
    named, hit = {}, set()
    for stratum, (number, hits) in strata.items():
        keys = range(len(named), len(named) + number)
        named |= dict.fromkeys(keys, stratum)
        hit |= set(list(keys)[:hits])
    return named, hit


def rates(**strata):
    return {rate.stratum: rate for rate in by_stratum(*people(**strata))}


def test_a_rule_that_hits_one_stratum_twice_as_often_warns():
    found = rates(india=(10, 4), france=(10, 2), italy=(10, 2))
    assert found["india"].warns
    assert not found["france"].warns
    assert (found["india"].hit, found["india"].people) == (4, 10)
    assert (found["india"].others_hit, found["india"].others) == (4, 20)


def test_a_little_less_than_twice_does_not_warn():
    assert not rates(india=(20, 7), france=(20, 4))["india"].warns
    assert rates(india=(20, 8), france=(20, 4))["india"].warns


def test_a_rule_that_hits_nobody_else_warns():
    assert rates(india=(10, 2), france=(10, 0))["india"].warns


def test_one_person_and_a_handful_of_people_are_no_pattern():
    assert not rates(india=(10, 1), france=(10, 0))["india"].warns
    assert not rates(india=(4, 4), france=(40, 1))["india"].warns


def test_a_stratum_without_others_has_nothing_to_be_compared_with():
    (only,) = rates(india=(10, 5)).values()
    assert only.others_share is None
    assert not only.warns


def test_people_without_a_stratum_count_nowhere():
    named, _hit = people(india=(10, 0))
    assert [rate.hit for rate in by_stratum(named, {999})] == [0]
