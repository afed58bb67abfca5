"""Which segments should a training step see? The core's draw, told again in Python's whole numbers."""

BITS = 2**64 - 1


def mix(z):
    """SplitMix64 (Steele, Lea and Flood 2014)."""
    z = (z + 0x9E3779B97F4A7C15) & BITS
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & BITS
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & BITS
    return z ^ (z >> 31)


class Segments:
    """A lesson of any series, anywhere within its segment."""

    def __init__(self, lengths, burn_in, lessons, seed):
        self.lengths, self.burn_in, self.seed = lengths, burn_in, seed
        self.T = min(burn_in + lessons, max(lengths) - 1)
        self.lessons = sum(max(n - burn_in - 1, 0) for n in lengths)
        # a series shorter than a segment is drawn as often as if it filled one
        drawn = [max(n - burn_in - 1, self.T - burn_in) if n - burn_in > 1 else 0 for n in lengths]
        self.pool = [(s, i) for s, n in enumerate(drawn) for i in range(n)]

    def draw(self, counter):
        """Series and first point of the segment with this number."""
        bits = mix(self.seed ^ mix(counter))
        series, lesson = self.pool[bits * len(self.pool) >> 64]
        lead = mix(bits) * (self.T - self.burn_in) >> 64
        last = max(self.lengths[series] - 1 - self.T, 0)
        return series, min(max(lesson - lead, 0), last)
