"""Write docs/deidentification.md from the rule tables, so that what it says is what is done."""

from __future__ import annotations

from pathlib import Path

from pipeline.core import resources
from pipeline.deidentify.headers.rules import CHOICES, PRIVATE, TABLE, Action, options, rules

HERE = Path(__file__).parent
DONE = {
    Action.REMOVE: "removed",
    Action.EMPTY: "emptied",
    Action.DUMMY: "dummy",
    Action.UID: "new UID",
    Action.SHIFT: "moved",
    Action.PSEUDONYM: "pseudonym",
    Action.DESCRIBE: "words vouched for",
    Action.DESCEND: "items, words vouched for",
    Action.KEEP: "kept",
    Action.RETAIN: "kept",
    Action.DOCUMENT: "blank document",
    Action.CODE: "kept if nobody is named",
    Action.CLASS: "kept",
    Action.CHARSET: "kept",
}


def write() -> str:
    """The whole page."""
    table, ours, private = (resources.data(name) for name in (TABLE, CHOICES, PRIVATE))
    on, everything = rules(), frozenset(o.name for o in options()) - {"modified-dates"}
    widest = rules(everything)
    switches = [
        f"| `{o.name}` | {'on' if o.default else 'off'} | {o.code} |"
        f" {o.meaning.removesuffix(' Option')} | {o.why} |"
        for o in options()
    ]
    beyond = [
        f"| ({tag[:4]},{tag[4:]}) | {DONE[Action(row['do'])]} | {row['why']} |"
        for tag, row in ours["ours"].items()
    ]
    rows = []
    for tag, row in table["rows"].items():
        number = int(tag, 16)
        other = DONE[widest.actions[number]]
        usual = DONE[on.actions[number]]
        rows.append(
            f"| ({tag[:4]},{tag[4:]}) | {row.get('name', '')} | {row['basic']} | {usual} |"
            f" {other if other != usual else ''} |"
        )
    makers: dict[str, int] = {}
    for row in private["rows"]:
        makers[row["creator"]] = makers.get(row["creator"], 0) + 1
    safe = [f"| `{creator}` | {count} |" for creator, count in makers.items()]
    return (
        (HERE / "deidentification.head.md")
        .read_text(encoding="utf-8")
        .replace("{switches}", "\n".join(switches))
        .replace("{beyond}", "\n".join(beyond))
        .replace("{edition}", table["edition"])
        .replace("{rows}", "\n".join(rows))
        .replace("{count}", str(len(rows)))
        .replace("{private edition}", private["edition"])
        .replace("{private}", "\n".join(safe))
        .replace("{private count}", str(len(private["rows"])))
    )


if __name__ == "__main__":
    (HERE / "deidentification.md").write_text(write(), encoding="utf-8")
