"""RSA in a page: keys and signatures for certificates that nobody needs to trust.

Good for simulated hosts on loopback and for nothing else: the arithmetic is not constant in time. With it a simulator
needs no certificate library and ships no private key: a key of 2048 bits takes a fifth of a second to find.
"""

import secrets
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final

PUBLIC_EXPONENT: Final = 65537

_SMALL: Final = tuple(p for p in range(3, 2000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2)))
_WINDOW: Final = 4000  # numbers that are looked at from one random start
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017, section 9.2, note 1


@dataclass(frozen=True, slots=True)
class RsaKey:
    """A key pair; `modulus` is the product of the primes `p` and `q`."""

    p: int
    q: int

    @property
    def modulus(self) -> int:
        return self.p * self.q

    @property
    def bits(self) -> int:
        return self.modulus.bit_length()

    @property
    def private_exponent(self) -> int:
        return pow(PUBLIC_EXPONENT, -1, (self.p - 1) * (self.q - 1))

    def sign(self, data: bytes) -> bytes:
        """A PKCS #1 v1.5 signature over SHA-256 of the data (RFC 8017, section 8.2)."""
        size = self.bits // 8
        digest = _SHA256_INFO + sha256(data).digest()
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        return self._power(int.from_bytes(padded)).to_bytes(size)

    def _power(self, number: int) -> int:
        """`number` to the private exponent; by the two primes apart, which is three times as fast."""
        exponent = self.private_exponent
        by_p = pow(number, exponent % (self.p - 1), self.p)
        by_q = pow(number, exponent % (self.q - 1), self.q)
        return by_q + self.q * ((by_p - by_q) * pow(self.q, -1, self.p) % self.p)


@cache
def shared_key(bits: int) -> RsaKey:
    """The key of that size that all simulated hosts of this process share; found at the first call."""
    p = _prime(bits // 2)
    q = _prime(bits // 2)
    while p == q:
        q = _prime(bits // 2)
    return RsaKey(p, q)


def _prime(bits: int) -> int:
    """A random prime whose two highest bits are set, so that two of them multiply to the full size."""
    while True:
        start = secrets.randbits(bits) | 3 << (bits - 2) | 1
        rests = [start % small for small in _SMALL]
        for step in range(0, _WINDOW, 2):
            if all((rest + step) % small for rest, small in zip(rests, _SMALL, strict=True)) and _is_prime(
                start + step
            ):
                return start + step


def _is_prime(number: int) -> bool:
    """Fermat's test. A random number of 512 bits or more that passes it wrongly is rarer than a broken machine."""
    return number % PUBLIC_EXPONENT != 1 and pow(2, number - 1, number) == 1
