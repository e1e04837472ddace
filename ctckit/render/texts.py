"""What is written on rendered images: words, random characters, numbers, plates, lines."""

import string
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ctckit.errors import InputError

ALPHABETS = (
    string.digits,
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.ascii_lowercase + string.digits,
    string.ascii_uppercase + string.digits,
    string.ascii_letters + string.digits,
)
LONGEST = 25  # characters

Draw = Callable[[np.random.Generator], str]


SYSTEM_WORDS = (Path("/usr/share/dict/words"), Path("/usr/share/dict/web2"))


def read_words(path: Path | None) -> list[str]:
    """Return the words of a file, one in each line; None: those of the system, if it has any.

    Raises:
        InputError: the file cannot be read.
    """
    found = path or next((each for each in SYSTEM_WORDS if each.is_file()), None)
    if found is None:
        return []
    try:
        return found.read_text(encoding="utf-8").split()
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"expected a text file with a word in each line, received {found}: {error}",
            argument="words",
        ) from error


class Texts:
    """Draw texts of a few characters that an image could hold.

    Args:
        characters: of which texts may consist.
        words: that people write; others are made of random letters.

    Attributes:
        forms: ways to make a text by their names, each `(rng) -> text`.
    """

    def __init__(self, characters: str, words: Sequence[str] = ()) -> None:
        self.characters = characters
        known = set(characters)
        self._words = [word for word in words if word and set(word) <= known]
        self._alphabets = [kept for each in ALPHABETS if (kept := self._kept(each))]
        self._alphabets.append(characters.replace(" ", ""))
        self._digits, self._capitals = (
            self._kept(each) or self._alphabets[-1]
            for each in (string.digits, string.ascii_uppercase)
        )
        self.forms: dict[str, Draw] = {
            "word": self.word,
            "random": self.random,
            "number": self.number,
            "plate": self.plate,
            "line": self.line,
        }

    def _kept(self, alphabet: str) -> str:
        return "".join(one for one in alphabet if one in self.characters)

    def draw(self, rng: np.random.Generator, form: str, allowed: str) -> str:
        """Return a text of one of the forms, without what a face cannot draw: 1 to 25 characters.

        Args:
            rng: of everything.
            form: a name in `forms`.
            allowed: characters of the face.
        """
        known = {*allowed, " "}
        for _ in range(8):
            text = self.forms[form](rng)[:LONGEST].strip()
            if not set(text) <= known:  # a face of capitals writes words in them
                text = "".join(
                    one if one in known else one.upper() if one.upper() in known else ""
                    for one in text
                )
            if text := " ".join(text.split()):
                return text
        usable = [one for one in allowed if one in self.characters] or list(allowed)
        return "".join(rng.choice(usable, int(rng.integers(1, 8))))

    def word(self, rng: np.random.Generator) -> str:
        """Return a word, in one of the ways that people write it."""
        if not self._words or rng.random() < 0.15:
            text = _pick(rng, self._alphabets[1 % len(self._alphabets)], 2, 10)
        else:
            text = self._words[rng.integers(len(self._words))]
        manner = rng.random()
        text = text.upper() if manner < 0.3 else text.capitalize() if manner < 0.6 else text
        if rng.random() < 0.06:
            text += str(rng.choice(list(".,:;!?-'")))
        return self._only(text)

    def random(self, rng: np.random.Generator) -> str:
        """Return characters that mean nothing, of one alphabet."""
        alphabet = self._alphabets[rng.integers(len(self._alphabets))]
        return _pick(rng, alphabet, 1, 9)

    def number(self, rng: np.random.Generator) -> str:
        """Return digits as on meters, receipts, clocks and labels."""
        whole = _pick(rng, self._digits, 1, 8)
        forms = (
            whole,
            f"{whole[:4]}.{_pick(rng, self._digits, 1, 3)}",
            f"{whole[:3]},{_pick(rng, self._digits, 2, 2)}",
            f"{_pick(rng, self._digits, 2, 2)}:{_pick(rng, self._digits, 2, 2)}",
            f"{whole[:2]}.{_pick(rng, self._digits, 1, 2)}.{_pick(rng, self._digits, 2, 4)}",
            f"{_pick(rng, self._digits, 4, 4)}-{_pick(rng, self._digits, 2, 2)}-01",
            f"{whole[:3]}%",
            f"{rng.choice(list('$€£-+#'))}{whole[:5]}",
            f"{whole[:4]} {rng.choice(['kg', 'g', 'km', 'V', 'A', 'kWh', 'm', 'cm', 'mm', 'L'])}",
        )
        return self._only(forms[0] if rng.random() < 0.5 else str(rng.choice(forms)))

    def plate(self, rng: np.random.Generator) -> str:
        """Return capitals and digits in groups, as on number plates and parts of machines."""
        gap = str(rng.choice(["", "", " ", "-", "·"]))
        groups = [
            _pick(rng, self._digits if rng.random() < 0.5 else self._capitals, 1, 4)
            for _ in range(int(rng.integers(2, 4)))
        ]
        return self._only(gap.join(groups))

    def line(self, rng: np.random.Generator) -> str:
        """Return several words."""
        words = [
            self.word(rng) if rng.random() < 0.85 else self.number(rng)
            for _ in range(int(rng.integers(2, 5)))
        ]
        return self._only(" ".join(words))

    def _only(self, text: str) -> str:
        return "".join(one for one in text if one in self.characters or one == " ")


def _pick(rng: np.random.Generator, alphabet: str, least: int, most: int) -> str:
    length = int(rng.integers(least, most + 1))
    return "".join(rng.choice(list(alphabet), length))
