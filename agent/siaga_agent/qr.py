"""The answer as a QR code on a terminal, for a phone to photograph."""

import segno

MARGIN = 4
# Two rows of modules in one line of letters; the upper one, the lower one.
HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def qr_lines(text: str) -> list[str]:
    """The code in half blocks, black on white whatever the terminal's own colours are."""
    # Capitals have an alphabet of their own, with which four words fit the smallest code.
    code = segno.make(text.upper(), error="l", boost_error=False, micro=False)
    rows = [list(row) for row in code.matrix_iter(border=MARGIN)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    return [
        "\x1b[30;107m"
        + "".join(HALVES[pair] for pair in zip(upper, lower, strict=True))
        + "\x1b[0m"
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
