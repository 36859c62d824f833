"""docs/map.md has every module of zoo once, below a noun, with the sentence that the module opens with."""

import module_map


def test_every_module_stands_on_the_map_once_with_its_own_sentence():
    named = [module for module, _ in module_map.written()]
    now = module_map.modules()
    assert not set(now) - set(named), f"the map lacks {sorted(set(now) - set(named))}: {module_map.WRITE}"
    assert not set(named) - set(now), f"the map has what is gone, {set(named) - set(now)}: {module_map.WRITE}"
    assert len(named) == len(set(named)), "a module stands below two nouns"
    other = [module for module, sentence in module_map.written() if sentence != now[module]]
    assert not other, f"these say something else of themselves by now: {other}: {module_map.WRITE}"


def test_the_map_is_renewed_in_place_and_new_modules_wait_at_its_end_for_their_noun():
    now = module_map.modules()
    (first, *rest) = now
    page = f"# Map\n\n## Images\n\n| `{first}` | Old words. |\n| `gone` | It was here. |\n\n## Runs\n"
    lines = module_map.renewed(page).splitlines()
    assert lines[:7] == ["# Map", "", "## Images", "", f"| `{first}` | {now[first]} |", "", "## Runs"]
    assert lines[7:] == [f"| `{module}` | {now[module]} |" for module in rest]
