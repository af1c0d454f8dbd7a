"""Near-duplicates by datasketch: datasketch_peer.py INPUT.jsonl OUTPUT.jsonl

A document goes if it shares a band with one that stays. As datasketch advises for speed, sketches are made in batches
and by a faster hash function than its default of SHA-1.
"""

import sys

import xxhash
from datasketch import MinHash, MinHashLSH

from shingles import BANDS, HASHES, ROWS, shingles, texts, write_kept


def main(source, target):
    index = MinHashLSH(num_perm=HASHES, params=(BANDS, ROWS))
    sets = ([shingle.encode() for shingle in shingles(text)] for text in texts(source))
    sketches = MinHash.generator(sets, num_perm=HASHES, hashfunc=xxhash.xxh32_intdigest)
    keep = []
    for number, sketch in enumerate(sketches):
        # Texts without words have empty sketches, which would all be the same.
        new = sketch.is_empty() or not index.query(sketch)
        if new and not sketch.is_empty():
            index.insert(number, sketch, check_duplication=False)
        keep.append(new)
    write_kept(source, target, keep)


if __name__ == "__main__":
    main(*sys.argv[1:])
