"""Parquet files of pyarrow through the program and back: python3 parquet.py DECHAFF.

Columns of many types, nested ones, dictionaries, nulls and metadata must survive cleaning and come back from restore, and
what is written, lines of JSON as a table among it, must open in pyarrow, and in pandas, DuckDB and datasets where they are installed.
"""

import importlib.util
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

program = pathlib.Path(sys.argv[1]).resolve()


def run(folder, *arguments, status=0):
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)


def rows(count):
    """Pages of three sites with a menu line, every ninth a copy, every eleventh without text."""
    for n in range(count):
        story = n - 1 if n % 9 == 8 else n
        text = "Harbour news\n\n" + " ".join(
            f"In year {story} the quay of port {story * 7 % 101} was mended by {story * 13 % 89} men and cost {story * 31 % 997}."
            for _ in range(3 + story % 4)
        ) + "\n\nShare this story with your friends"
        yield {
            "n": n,
            "text": None if n % 11 == 10 else text,
            "id": n * 10,
            "metadata": {"url": f"http://site{n % 3}.example/{n}", "tags": ["a", None, str(n)]},
            "score": float(n) / 7,
            "raw": bytes([n % 256, 0, 255]),
            "kind": ["page", "post"][n % 2],
        }


schema = pa.schema(
    [
        pa.field("n", pa.int16()),
        pa.field("text", pa.string(), metadata={"role": "body"}),
        pa.field("id", pa.uint64()),
        pa.field("metadata", pa.struct([("url", pa.large_string()), ("tags", pa.list_(pa.string()))])),
        pa.field("score", pa.float32()),
        pa.field("raw", pa.binary()),
        pa.field("kind", pa.dictionary(pa.int8(), pa.string())),
    ],
    metadata={"maker": "dechaff tests", "empty": ""},
)

with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    table = pa.Table.from_pylist(list(rows(500)), schema=schema)
    for kind in [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]:
        for codec in ["snappy", "zstd", "gzip", "lz4", "brotli", "none"]:
            made = table.set_column(1, schema.field(1).with_type(kind), table["text"].cast(pa.string()).dictionary_encode() if pa.types.is_dictionary(kind) else table["text"].cast(kind))
            name = "t.parquet"
            pq.write_table(made, folder / name, compression=codec, row_group_size=77)
            made = pq.read_table(folder / name)
            run(folder, "clean", name, "-o", "out", "-q", "--url-field", "metadata.url", "--force", status=1)
            run(folder, "verify", "out", "-q")
            run(folder, "restore", "out", "-o", "back", "-q")
            back = pq.read_table(folder / "back" / name)
            assert back.schema.equals(made.schema, check_metadata=True), (kind, back.schema, made.schema)
            # Values, for one dictionary may be spelt in many ways.
            assert back.to_pylist() == made.to_pylist(), (kind, codec)
            clean = pq.read_table(folder / "out/documents" / name)
            assert clean.schema.equals(made.schema, check_metadata=True), (kind, codec)
            kept = made.drop_columns(["text"]).filter(pc.is_in(made["n"], clean["n"]))
            assert kept.to_pylist() == clean.drop_columns(["text"]).to_pylist(), (kind, codec)
            assert 350 < clean.num_rows < 460, clean.num_rows
            assert not any("Share this story" in t for t in clean["text"].cast(pa.string()).to_pylist())
            assert all("the quay of port" in t for t in clean["text"].cast(pa.string()).to_pylist())
            codecs = pq.ParquetFile(folder / "out/documents" / name).metadata.row_group(0).column(1).compression
            assert codecs.lower().replace("uncompressed", "none").startswith(codec[:3]), (codecs, codec)
            subprocess.run(["rm", "-r", folder / "back"], check=True)
    run(folder, "clean", name, "-o", "marked", "-q", "--url-field", "metadata.url", "--emit", "field", status=1)
    marked = pq.read_table(folder / "marked/documents" / name)
    spans = [s for row in marked["dechaff"].to_pylist() for s in row["spans"]]
    assert marked.num_rows == 455 and any(s["kind"] == "boilerplate" for s in spans), marked.num_rows
    paths = [(str(folder / "out/documents" / name), clean.num_rows)]
    # Lines of JSON as a table.
    with open(folder / "t.jsonl", "w") as lines:
        for row in rows(500):
            lines.write(json.dumps(row | {"raw": row["raw"].hex(), "big": 2**70, "odd": [None, 1, "a"][row["n"] % 3]}) + "\n")
    run(folder, "clean", "t.jsonl", "-o", "lines", "-q", "--url-field", "metadata.url", "--output-format", "parquet", status=1)
    run(folder, "verify", "lines", "-q")
    made = pq.read_table(folder / "lines/documents/t.jsonl.parquet")
    text = pa.large_string()
    types = [("n", pa.int64()), ("text", text), ("id", pa.int64()), ("metadata", pa.struct([("url", text), ("tags", pa.list_(text))]))]
    types += [("score", pa.float64()), ("raw", text), ("kind", text), ("big", text), ("odd", text)]
    assert made.schema.remove_metadata().equals(pa.schema(types)), made.schema
    given = {row["n"]: row for row in rows(500)}
    for row in made.to_pylist():
        was = given[row["n"]]
        assert all(row[k] == was[k] for k in ["id", "metadata", "score", "kind"]), (row, was)
        assert row["big"] == str(2**70) and row["odd"] == [None, "1", '"a"'][row["n"] % 3], row
    assert made["text"].to_pylist() == clean["text"].cast(pa.string()).to_pylist()
    run(folder, "restore", "lines", "-o", "back-lines", "-q")
    back = pq.read_table(folder / "back-lines/t.jsonl.parquet").to_pylist()
    assert [(row["n"], row["text"]) for row in back] == [(n, r["text"]) for n, r in given.items() if r["text"]]
    paths.append((str(folder / "lines/documents/t.jsonl.parquet"), made.num_rows))
    for module, (path, count) in itertools.product(["pandas", "duckdb", "datasets"], paths):
        if importlib.util.find_spec(module) is None:
            print(f"{module} is not installed: not tried")
        elif module == "pandas":
            import pandas

            assert len(pandas.read_parquet(path)) == count
        elif module == "duckdb":
            import duckdb

            assert duckdb.sql(f"select count(*), count(text) from '{path}'").fetchall()[0][0] == count
        else:
            import datasets

            assert len(datasets.Dataset.from_parquet(path, cache_dir=str(folder / "cache"))) == count
print("Parquet: as pyarrow has it")
