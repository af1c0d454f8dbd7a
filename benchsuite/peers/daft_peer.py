"""Near-duplicates by Daft: daft_peer.py INPUT.jsonl OUTPUT.jsonl

Everything as data frames: MinHash of the normalised text, a row for each band, documents grouped by band, and connected
components of those groups by alternating stars (Kiveris et al. 2014), as Daft's tutorial on deduplication describes. The
first document of a component stays.
"""

import glob
import os
import shutil
import sys
import tempfile

import daft
from daft import col
from daft.functions import chunk, list_min, minhash, monotonically_increasing_id, normalize, when

BANDS = 25
ROWS = 5


def hang(edges):
    """Gives every vertex's neighbours, and the vertex itself, the least of them all as their parent.

    `edges` has columns `node` and `other`; a row for each edge, in such directions as the caller wants them followed.
    """
    around = edges.groupby("node").agg(col("other").list_agg().alias("others"))
    around = around.with_column("least", list_min(col("others")))
    around = around.with_column("least", when(col("node") < col("least"), col("node")).otherwise(col("least")))
    return around


def large_star(edges):
    both = edges.union_all(edges.select(col("other").alias("node"), col("node").alias("other")))
    return (
        hang(both)
        .explode("others")
        .where(col("others") > col("node"))
        .select(col("others").alias("node"), col("least").alias("other"))
        .distinct()
        .collect()
    )


def small_star(edges):
    # Large stars only leave edges from a larger to a smaller number. The vertex itself hangs on the least of them, too.
    around = hang(edges)
    spokes = around.explode("others").select(col("others").alias("node"), col("least").alias("other"))
    selves = around.select("node", col("least").alias("other"))
    return spokes.union_all(selves).where(col("node") != col("other")).distinct().collect()


def edge_set(edges):
    columns = edges.to_pydict()
    return set(zip(columns["node"], columns["other"]))


def components(edges):
    """Every vertex that is not the least of its component, with that least one."""
    before = edge_set(edges)
    while True:
        edges = small_star(large_star(edges))
        after = edge_set(edges)
        if after == before:
            return edges
        before = after


def main(source, target):
    daft.set_runner_native(num_threads=1)
    documents = daft.read_json(source).with_column("number", monotonically_increasing_id())
    plain = normalize(col("text"), lowercase=True, white_space=True)
    sketched = (
        documents.select("number", plain.alias("plain"))
        .where(col("plain") != "")
        .select(
            "number",
            chunk(minhash(col("plain"), num_hashes=BANDS * ROWS, ngram_size=5, hash_function="xxhash"), ROWS).alias(
                "band"
            ),
        )
    )
    groups = (
        sketched.explode("band", index_column="place")
        .groupby("place", "band")
        .agg(col("number").list_agg().alias("members"))
    )
    edges = (
        groups.select(list_min(col("members")).alias("other"), col("members").alias("node"))
        .explode("node")
        .where(col("node") != col("other"))
        .select("node", "other")
        .distinct()
        .collect()
    )
    removed = components(edges).select(col("node").alias("number"))
    kept = documents.join(removed, on="number", how="anti").exclude("number")

    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(target))) as work:
        kept.write_json(work)
        with open(target, "wb") as out:
            for part in sorted(glob.glob(f"{work}/*.json*")):
                with open(part, "rb") as lines:
                    shutil.copyfileobj(lines, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
