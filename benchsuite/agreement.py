"""Exact similarities of documents, to judge by them what a program removed and what it let stand.

Words are lower-cased and split at white space; a document is its set of word 5-grams, and a shorter one a set of one. All
pairs of a Jaccard similarity of at least FLOOR are found: two sets that similar share one of the first few members of
each, in any order that both use, so only those few are indexed (prefix filtering, Chaudhuri et al. 2006). With the rarest
first, few pairs are compared that do not belong to the result. None is missed: the counts by which the rarest are told
only set the order.
"""

import json
import math
from array import array
from collections import defaultdict

FLOOR = 0.7  # a removed document is covered by a kept one from here
MISSED = 0.8  # a kept document with an earlier kept one was missed from here
WORDS = 5
COUNTERS = 1 << 24


def shingle_hashes(text, numbers):
    """Hashes of 64 bits of the set of shingles; `numbers` gives every word of the corpus a number."""
    words = [numbers[word] for word in text.lower().split()]
    if not words:
        return []
    if len(words) < WORDS:
        return [hash(tuple(words)) & 0xFFFFFFFFFFFFFFFF]
    grams = zip(*(words[i:] for i in range(WORDS)))
    return [h & 0xFFFFFFFFFFFFFFFF for h in set(map(hash, grams))]


class Corpus:
    """The documents of a file of JSON Lines with their neighbours."""

    def __init__(self, path):
        numbers = defaultdict(lambda: len(numbers))
        self.ids = []
        self.text_bytes = 0
        self.group = []  # of every document the group of those with the same shingles; None without words
        groups = {}
        sets = []
        seen = array("I", bytes(4 * COUNTERS))
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                text = record["text"]
                self.ids.append(record["id"])
                self.text_bytes += len(text.encode("utf-8", "surrogatepass"))
                hashes = sorted(shingle_hashes(text, numbers))
                if not hashes:
                    self.group.append(None)
                    continue
                key = array("Q", hashes)
                number = groups.setdefault(key.tobytes(), len(sets))
                self.group.append(number)
                if number == len(sets):
                    sets.append(key)
                    for h in hashes:
                        seen[h % COUNTERS] += 1
        self.neighbours = self._neighbours(sets, seen)

    @staticmethod
    def _neighbours(sets, seen):
        """Of every group the similar groups, as (group, similarity)."""
        found = [[] for _ in sets]
        index = defaultdict(list)
        for number, hashes in enumerate(sets):
            size = len(hashes)
            first = size - math.ceil(FLOOR * size - 1e-9) + 1
            # What stands in one document only cannot be shared: it takes its place in the order, and that is all.
            by_rarity = sorted(hashes, key=lambda h: (seen[h % COUNTERS], h))
            prefix = [h for h in by_rarity[:first] if seen[h % COUNTERS] > 1]
            candidates = set()
            for h in prefix:
                candidates.update(index[h])
                index[h].append(number)
            if not candidates:
                continue
            members = set(hashes)
            for other in candidates:
                theirs = sets[other]
                if min(size, len(theirs)) < FLOOR * max(size, len(theirs)) - 1e-9:
                    continue
                shared = len(members.intersection(theirs))
                similarity = shared / (size + len(theirs) - shared)
                if similarity >= FLOOR:
                    found[number].append((other, similarity))
                    found[other].append((number, similarity))
        return found

    def judge(self, kept_ids):
        """What a program that kept these documents did well and badly."""
        kept = [id in kept_ids for id in self.ids]
        first_kept = {}  # of every group its first document that stayed
        for number, group in enumerate(self.group):
            if kept[number] and group is not None:
                first_kept.setdefault(group, number)
        removed = covered = missed = judged = wordless = 0
        for number, group in enumerate(self.group):
            if group is None:
                wordless += not kept[number]
                continue
            similar = [(group, 1.0), *self.neighbours[group]]
            if kept[number]:
                judged += 1
                missed += any(s >= MISSED and first_kept.get(g, number) < number for g, s in similar)
            else:
                removed += 1
                covered += any(g in first_kept for g, _ in similar)
        return {
            "kept": sum(kept),
            "removed": removed,
            "removed_without_words": wordless,
            "removed_covered": covered,
            "kept_with_words": judged,
            "kept_missed": missed,
        }
