"""What the peers have in common that take ready-made shingles."""

import orjson

WORDS = 5  # words in a shingle
BANDS = 25
ROWS = 5  # hashes in a band
HASHES = BANDS * ROWS


def texts(path: str):
    """The text of every document, in the order of the file."""
    with open(path, "rb") as lines:
        for line in lines:
            yield orjson.loads(line)["text"]


def shingles(text: str) -> list[str]:
    """Runs of five lower-cased words. A shorter text is one shingle; a text without words has none."""
    words = text.lower().split()
    if len(words) < WORDS:
        return [" ".join(words)] if words else []
    return [" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1)]


def write_kept(source: str, target: str, keep: list[bool]) -> None:
    """Copies those lines of `source` for which `keep` is true."""
    with open(source, "rb") as lines, open(target, "wb") as out:
        out.writelines(line for line, kept in zip(lines, keep, strict=True) if kept)
