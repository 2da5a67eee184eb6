"""The pedigree in standard symbols: Bennett et al., J Genet Couns 1995;4:267, 2008;17:424, 2022;31:1238.

Square: man; circle: woman; diamond: unknown. Filled: affected. Slash: deceased. Arrow and P: proband.
A double line joins relatives. Nobody has a name; generations are Roman numbers, people in them Arabic ones.
"""

from __future__ import annotations

from typing import Any

from pipeline.core import words
from pipeline.render import ink

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
STEP, SIDE, FLOOR, MARGIN = (
    15.0,
    7.0,
    24.0,
    12.0,
)  # mm: between people, of a symbol, between generations, left
ABOVE, BELOW, SIBS = 5.0, 8.0, 7.0  # mm: over the first line, under the last, sibship line above the children
SWEEPS = 40  # of moving parents over children and children under parents; settles long before
Person = int  # its place in the list
Couple = tuple[Person, Person]
Place = tuple[float, float]  # mm: right, down


def data(record: dict[str, Any], numbers: words.Numbers) -> dict[str, Any]:
    """What the figure shows: the people of a clean record with their places, and who had children."""
    people = record["pedigree"]["individuals"]
    families: dict[Couple, list[Person]] = {}
    for child, person in enumerate(people):
        if len(person["parents"]) == 2:
            families.setdefault(_couple(person["parents"]), []).append(child)
    floor = _generations(people, families)
    order = _order(people, families, floor)
    names = {p: f"{_roman(g)}-{n}" for g, row in enumerate(order) for n, p in enumerate(row, 1)}
    related = sorted(c for c in families if _related(c, people))
    return {
        "people": people,
        "affected_by": ink.prose(record["pedigree"]["affected_by"], numbers),
        "families": families,
        "related": related,
        "order": order,
        "names": names,
        "across": _across(order, families),
    }


def draw(shown: dict[str, Any], single: float, double: float, *, grey: bool) -> tuple[Any, float]:  # noqa: ARG001
    """The matplotlib figure and the width in mm that it needs: one of the two columns, or more than both."""
    from matplotlib.figure import Figure

    across, floors = shown["across"], len(shown["order"])
    needed = MARGIN + (max(across.values()) + 1) * STEP + 4
    width = next((w for w in (single, double) if needed <= w), needed)
    height = ABOVE + SIDE + (floors - 1) * FLOOR + BELOW
    figure = Figure(figsize=(width / ink.INCH, height / ink.INCH))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    shift = MARGIN + STEP / 2 + (width - needed) / 2
    at = {
        person: (across[person] * STEP + shift, ABOVE + SIDE / 2 + g * FLOOR)
        for g, row in enumerate(shown["order"])
        for person in row
    }
    for g in range(floors):
        axes.text(
            shift - STEP / 2 - MARGIN + 3,
            ABOVE + SIDE / 2 + g * FLOOR,
            _roman(g),
            font=ink.font(bold=True),
            va="center",
        )
    for n, (couple, children) in enumerate(shown["families"].items()):
        _family(axes, at, couple, children, shown, lift=n)
    for person, known in enumerate(shown["people"]):
        _symbol(axes, *at[person], known)
        number = shown["names"][person].partition("-")[2]
        x, y = at[person][0] + SIDE / 2 + 1.2, at[person][1] + SIDE / 2 + 1.8
        axes.text(x, y, number, font=ink.font(), ha="center")  # not under it: lines go down there
    return figure, width


# --- who stands where ----------------------------------------------------------------------------------


def _roman(floor: int) -> str:
    return ROMAN[floor] if floor < len(ROMAN) else str(floor + 1)


def _couple(parents: list[Person]) -> Couple:
    first, second = sorted(parents)
    return first, second


def _generations(people: list[dict[str, Any]], families: dict[Couple, list[Person]]) -> list[int]:
    """The floor of everyone, from 0: children below both parents, partners on one floor where that can be."""
    level = {couple for couple in families if _level(couple, people)}
    return _settled(len(people), families, level) or _settled(len(people), families, set())


def _settled(count: int, families: dict[Couple, list[Person]], level: set[Couple]) -> list[int]:
    """Floors that fit all families; [] where the couples of `level` would need ever more floors."""
    floor = [0] * count
    for _ in range(2 * count + 1):
        before = list(floor)
        for (a, b), children in families.items():
            if (a, b) in level:
                floor[a] = floor[b] = max(floor[a], floor[b])
            for child in children:
                floor[child] = max(floor[child], floor[a] + 1, floor[b] + 1)
        if floor == before:
            return floor
    return []


def _level(couple: Couple, people: list[dict[str, Any]]) -> bool:
    """Are both equally far from their nearest ancestor in common? An uncle and his niece are not."""
    parents = [person["parents"] for person in people]
    first, second = (_reached(person, parents) for person in couple)
    ways = [(first[p], second[p]) for p in first.keys() & second.keys()]
    nearest = min(map(sum, ways), default=0)
    return not ways or any(a == b for a, b in ways if a + b == nearest)


def _related(couple: Couple, people: list[dict[str, Any]]) -> bool:
    """Do both have an ancestor in common, or is one the other's?"""
    parents = [person["parents"] for person in people]
    first, second = (_reached(person, parents) for person in couple)
    return bool(first.keys() & second.keys())


def _reached(start: Person, parents: list[list[Person]]) -> dict[Person, int]:
    """One person and all ancestors, and how many generations up the nearest way to each is."""
    found = {start: 0}
    waiting = [start]
    for person in waiting:
        for parent in parents[person]:
            if parent not in found:
                found[parent] = found[person] + 1
                waiting.append(parent)
    return found


def _order(
    people: list[dict[str, Any]], families: dict[Couple, list[Person]], floor: list[int]
) -> list[list[Person]]:
    """Everyone from left to right on each floor: sibs together, partners side by side."""
    out: list[list[Person]] = []
    for level in range(max(floor) + 1):
        row = [p for p in range(len(people)) if floor[p] == level]
        place = {p: (g, n) for g, done in enumerate(out) for n, p in enumerate(done)}

        def key(person: Person, place: dict[Person, tuple[int, int]] = place) -> tuple[float, int]:
            parents = [place[q][1] for q in people[person]["parents"] if q in place]
            return (sum(parents) / len(parents) if parents else -1.0, person)

        blood = sorted((p for p in row if people[p]["parents"]), key=key)
        blood = _ends(blood, people, families)
        own = [p for p in row if not people[p]["parents"]]
        placed: list[Person] = []
        for person in (*blood, *own):
            if person in placed:
                continue
            partners = [
                q
                for pair in families
                if person in pair
                for q in pair
                if q in own and q not in placed and q != person
            ]
            placed += [*partners[1:2], person, *partners[:1], *partners[2:]]
        out.append(placed)
    return out


def _ends(
    row: list[Person], people: list[dict[str, Any]], families: dict[Couple, list[Person]]
) -> list[Person]:
    """Sibs who had children with someone of another sibship stand at the end of theirs that faces it."""
    for a, b in families:
        if a not in row or b not in row or people[a]["parents"] == people[b]["parents"]:
            continue
        left, right = sorted((a, b), key=row.index)
        for person, last in ((left, True), (right, False)):
            sibs = [p for p in row if people[p]["parents"] == people[person]["parents"]]
            start = row.index(sibs[0])
            others = [p for p in sibs if p != person]
            row = [p for p in row if p not in sibs]
            row[start:start] = [*others, person] if last else [person, *others]
    return row


def _across(order: list[list[Person]], families: dict[Couple, list[Person]]) -> dict[Person, float]:
    """How far right everyone stands, in steps from 0: parents over their children, where there is room."""
    across = {p: float(n) for row in order for n, p in enumerate(row)}
    for sweep in range(SWEEPS):
        for row in order if sweep % 2 else reversed(order):
            wanted = dict(across)
            for (a, b), children in families.items():
                couple = (across[a] + across[b]) / 2
                middle = sum(across[c] for c in children) / len(children)
                for p in row:
                    if not sweep % 2 and p in (a, b):
                        wanted[p] = across[p] + middle - couple
                    elif sweep % 2 and p in children:
                        wanted[p] = across[p] + couple - middle
            settled = ink.apart([wanted[p] for p in row], [1.0] * len(row))
            across |= dict(zip(row, settled, strict=True))
    first = min(across.values())
    return {p: round(x - first, 3) for p, x in across.items()}


# --- lines and symbols -----------------------------------------------------------------------------------


def _family(
    axes: Any,
    at: dict[Person, tuple[float, float]],
    couple: Couple,
    children: list[Person],
    shown: dict[str, Any],
    *,
    lift: int,
) -> None:
    """The line between partners, the one down, the one over the children, and one to each child."""
    left, right = sorted(couple, key=lambda p: at[p][0])
    (x1, y1), (x2, y2) = at[left], at[right]
    row = next(r for r in shown["order"] if left in r)
    beside = y1 == y2 and row.index(right) - row.index(left) == 1
    drop = max(y1, y2)
    middle = (x1 + x2) / 2
    gaps = (0.6, -0.6) if couple in shown["related"] else (0.0,)
    for gap in gaps:
        if beside:
            _line(axes, [x1 + SIDE / 2, x2 - SIDE / 2], [y1 + gap, y2 + gap])
        else:  # under the people between them
            low = drop + SIDE / 2 + 5.0 + gap
            down, up = _down(at, left, drop, gap), _down(at, right, drop, -gap)[::-1]
            way = [*down, (down[-1][0], low), (up[0][0], low), *up]
            _line(axes, [x for x, _ in way], [y for _, y in way])
    start = drop if beside else drop + SIDE / 2 + 5.0
    bar = min(at[child][1] for child in children) - SIDE / 2 - SIBS / 2 - (lift % 3)
    xs = sorted(at[c][0] for c in children)
    _line(axes, [middle, middle], [start, bar])
    _line(axes, [min(middle, xs[0]), max(middle, xs[-1])], [bar, bar])
    for child in children:
        _line(axes, [at[child][0]] * 2, [bar, at[child][1] - SIDE / 2])


def _down(at: dict[Person, Place], person: Person, drop: float, gap: float) -> list[Place]:
    """The way from under a symbol to the floor at `drop`, beside who stands below: uncle over niece."""
    x, y = at[person]
    below = [other for other, floor in at.values() if y < floor <= drop]
    steps = sorted((n * STEP / 6 for n in range(-60, 61)), key=abs)
    aside = next((d for d in steps if all(abs(x + d - other) >= SIDE / 2 + 1.4 for other in below)), 0.0)
    way = [(x + gap, y + SIDE / 2)]
    if aside:
        turn = y + SIDE / 2 + 3.0 + (gap if aside < 0 else -gap)
        way += [(x + gap, turn), (x + aside + gap, turn)]
    return way


def _line(axes: Any, xs: list[float], ys: list[float]) -> None:
    axes.plot(xs, ys, color=ink.DARK, linewidth=0.8, solid_capstyle="butt", zorder=1)


def _symbol(axes: Any, x: float, y: float, person: dict[str, Any]) -> None:
    from matplotlib.patches import Circle, Polygon, Rectangle

    half = SIDE / 2
    look: dict[str, Any] = {
        "facecolor": ink.DARK if person["affected"] else "white",
        "edgecolor": ink.DARK,
        "linewidth": 1.0,
        "zorder": 2,
    }
    if person["sex"] == "male":
        axes.add_patch(Rectangle((x - half, y - half), SIDE, SIDE, **look))
    elif person["sex"] == "female":
        axes.add_patch(Circle((x, y), half, **look))
    else:
        axes.add_patch(
            Polygon([(x, y - half), (x + half, y), (x, y + half), (x - half, y)], closed=True, **look)
        )
    if person["deceased"]:
        reach = half + 1.6
        axes.plot([x - reach, x + reach], [y + reach, y - reach], color="white", linewidth=2.6, zorder=3)
        axes.plot([x - reach, x + reach], [y + reach, y - reach], color=ink.DARK, linewidth=1.0, zorder=4)
    if person["proband"]:
        tip, tail = (x - half * 0.95, y + half * 0.95), (x - half - 3.2, y + half + 3.2)
        axes.annotate("", tip, tail, arrowprops={"arrowstyle": "-|>", "color": ink.DARK, "linewidth": 1.0})
        axes.text(tail[0] - 0.3, tail[1], "P", font=ink.font(bold=True), ha="right", va="center")
