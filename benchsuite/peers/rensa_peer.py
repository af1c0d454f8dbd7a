"""Near-duplicates by rensa: rensa_peer.py [--rho] INPUT.jsonl OUTPUT.jsonl

Without --rho: the deduplicator that rensa's own introduction shows. Sketches of the whole set of shingles; a document
goes if it shares a band with one that stays and the similarity that the two sketches estimate reaches the threshold.

With --rho: the batch pipeline by which rensa measures itself. It samples the shingles and says which documents share a
band with any other, but not which one of them is to stay; so the deduplicator decides among those that it names.
"""

import sys

from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH

from shingles import BANDS, HASHES, shingles, texts, write_kept

THRESHOLD = 0.7
SEED = 42


def with_neighbours(source):
    """For every document whether it shares a band with any other, by rho sketches."""
    matrix = RMinHash.digest_matrix_from_token_sets_rho(map(shingles, texts(source)), HASHES, SEED)
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=HASHES, num_bands=BANDS)
    return index.query_duplicate_flags_matrix_one_shot(matrix)


def main(source, target, rho):
    flags = with_neighbours(source) if rho else None
    keep, asked = [], []

    def entries():
        for number, text in enumerate(texts(source)):
            keep.append(True)
            if flags is None or flags[number]:
                # Texts without words would all be the same.
                if tokens := shingles(text):
                    asked.append(number)
                    yield str(number), tokens

    deduplicator = RMinHashDeduplicator(
        threshold=THRESHOLD, num_perm=HASHES, use_lsh=True, num_bands=BANDS, seed=SEED
    )
    answers = deduplicator.add_pairs(entries())
    for number, new in zip(asked, answers, strict=True):
        keep[number] = new
    write_kept(source, target, keep)


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--rho"]
    main(*arguments, rho="--rho" in sys.argv)
