"""The answer as a QR code on a terminal, for a phone to photograph: version 1, level L, mask 0.

One fixed size (21 x 21) holds 25 capital letters, digits and spaces; four words are 19. So there
is no choice to make and no library to carry to a site.
"""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
SIZE, DATA, CHECKS, MOST = 21, 19, 7, 25
# Level L with mask 0, already with its own checks: written twice beside the finders.
FORMAT = 0b111011111000100
Matrix = list[list[int | None]]


def qr_matrix(text: str) -> list[list[int]]:
    """The dark (1) and light (0) modules, row by row, without the margin."""
    said = text.upper()
    if not said or len(said) > MOST or set(said) - set(ALPHABET):
        raise ValueError(f"A code holds 1 to {MOST} plain letters, digits and spaces.")
    words = _data_words(said)
    bits = "".join(f"{word:08b}" for word in [*words, *_checks(words)])
    matrix = _frame()
    for bit, (row, column) in zip(bits, _way(matrix), strict=True):
        matrix[row][column] = int(bit) ^ ((row + column) % 2 == 0)
    return [[int(cell or 0) for cell in row] for row in matrix]


def qr_lines(text: str) -> list[str]:
    """The code in half blocks, black on white whatever the terminal's own colours are."""
    margin = 4
    side = [0] * margin
    wide = [0] * (SIZE + 2 * margin)
    rows = [wide] * margin + [[*side, *row, *side] for row in qr_matrix(text)] + [wide] * margin
    rows += [wide] * (len(rows) % 2)
    marks = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
    return [
        "\x1b[30;107m" + "".join(marks[pair] for pair in zip(upper, lower, strict=True)) + "\x1b[0m"
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def _data_words(said: str) -> list[int]:
    bits = f"{0b0010:04b}{len(said):09b}"
    for place in range(0, len(said), 2):
        values = [ALPHABET.index(letter) for letter in said[place : place + 2]]
        bits += f"{values[0] * 45 + values[1]:011b}" if len(values) == 2 else f"{values[0]:06b}"
    bits += "0000"[: DATA * 8 - len(bits)]
    bits += "0" * (-len(bits) % 8)
    words = [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]
    fill = [0xEC, 0x11] * DATA
    return (words + fill[: DATA - len(words)])[:DATA]


def _times(one: int, other: int) -> int:
    """The product of two bytes in the field of the code."""
    product = 0
    while other:
        product ^= one * (other & 1)
        one = one << 1 ^ (0x11D if one & 0x80 else 0)
        other >>= 1
    return product


def _checks(words: list[int]) -> list[int]:
    """Reed and Solomon's checks: what is left when the words are divided by the generator."""
    generator, root = [1], 1
    for _ in range(CHECKS):
        longer = [*generator, 0]
        for place, factor in enumerate(generator):
            longer[place + 1] ^= _times(factor, root)
        generator, root = longer, _times(root, 2)
    left = [0] * CHECKS
    for word in words:
        factor = word ^ left[0]
        left = [
            old ^ _times(part, factor)
            for old, part in zip([*left[1:], 0], generator[1:], strict=True)
        ]
    return left


def _frame() -> Matrix:
    """What is the same in every code of this size; None where data go."""
    matrix: Matrix = [[None] * SIZE for _ in range(SIZE)]
    for place in range(8, SIZE - 8):
        matrix[6][place] = matrix[place][6] = (place + 1) % 2
    for top, left in ((0, 0), (0, SIZE - 7), (SIZE - 7, 0)):
        for row in range(-1, 8):
            for column in range(-1, 8):
                if 0 <= top + row < SIZE and 0 <= left + column < SIZE:
                    ring = max(abs(row - 3), abs(column - 3))
                    matrix[top + row][left + column] = int(ring in (0, 1, 3))
    beside = [(8, place) for place in (0, 1, 2, 3, 4, 5, 7, 8)]
    beside += [(place, 8) for place in (7, 5, 4, 3, 2, 1, 0)]
    apart = [(SIZE - 1 - place, 8) for place in range(7)]
    apart += [(8, SIZE - 8 + place) for place in range(8)]
    for places in (beside, apart):
        for number, (row, column) in enumerate(places):
            matrix[row][column] = FORMAT >> (14 - number) & 1
    matrix[SIZE - 8][8] = 1
    return matrix


def _way(matrix: Matrix) -> list[tuple[int, int]]:
    """The free places in the order in which the bits are laid: up and down in pairs of columns."""
    found = []
    pairs = [*list(range(SIZE - 1, 6, -2)), 5, 3, 1]
    for number, right in enumerate(pairs):
        rows = range(SIZE) if number % 2 else reversed(range(SIZE))
        found += [
            (row, column)
            for row in rows
            for column in (right, right - 1)
            if matrix[row][column] is None
        ]
    return found
