"""Ready-made words for updates, in both languages; the organisation changes them as it likes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadyUpdate:
    """One template: English and Indonesian."""

    code: str
    audience: str
    names: tuple[str, str]
    texts: tuple[str, str]


READY_UPDATES: tuple[ReadyUpdate, ...] = (
    ReadyUpdate(
        "users-first",
        "users",
        ("First word to users", "Kabar pertama untuk pengguna"),
        (
            "Since {began}, {services} may not respond at {sites}. You can go on working offline: "
            "what you enter is kept and sent later. We are working on it. Next update: "
            "{next_update}.",
            "Sejak {began}, {services} mungkin tidak merespons di {sites}. Anda dapat terus "
            "bekerja luring: data yang Anda masukkan disimpan dan dikirim kemudian. Kami sedang "
            "menanganinya. Kabar berikutnya: {next_update}.",
        ),
    ),
    ReadyUpdate(
        "users-over",
        "users",
        ("It works again", "Sudah pulih"),
        (
            "{services} works again after {lasted}. What was entered meanwhile is being brought "
            "in. If something is missing tomorrow, tell the service desk and name {code}.",
            "{services} sudah pulih setelah {lasted}. Data yang dimasukkan selama gangguan sedang "
            "disinkronkan. Jika besok masih ada yang kurang, hubungi meja layanan dan sebutkan "
            "{code}.",
        ),
    ),
    ReadyUpdate(
        "partners-first",
        "partners",
        ("First word to partners", "Kabar pertama untuk mitra"),
        (
            "Since {began}, data of {sites} may reach you late. Nothing is lost: it is kept and "
            "delivered in order. You need do nothing now. Next update: {next_update}.",
            "Sejak {began}, data dari {sites} mungkin terlambat Anda terima. Tidak ada yang "
            "hilang: data disimpan dan dikirim sesuai urutan. Saat ini Anda tidak perlu melakukan "
            "apa pun. Kabar berikutnya: {next_update}.",
        ),
    ),
    ReadyUpdate(
        "staff-first",
        "staff",
        ("What staff do now", "Yang dilakukan staf sekarang"),
        (
            "{code}: {services} is disturbed at {sites} since {began}. Work offline as rehearsed, "
            "keep receipts, and send customers with questions to the status page. Please do not "
            "post about it. Next update: {next_update}.",
            "{code}: {services} terganggu di {sites} sejak {began}. Bekerjalah luring seperti "
            "saat latihan, simpan bukti transaksi, dan arahkan pelanggan ke halaman status. Mohon "
            "tidak mengunggah apa pun tentang hal ini. Kabar berikutnya: {next_update}.",
        ),
    ),
    ReadyUpdate(
        "management-stand",
        "management",
        ("How it stands", "Keadaan saat ini"),
        (
            "{code} {title}: {status} for {lasted}. Hit: {services} at {sites}. Next update: "
            "{next_update}.",
            "{code} {title}: {status} selama {lasted}. Terdampak: {services} di {sites}. Kabar "
            "berikutnya: {next_update}.",
        ),
    ),
    ReadyUpdate(
        "regulator-first",
        "regulator",
        ("First notice to the regulator", "Pemberitahuan pertama kepada regulator"),
        (
            "We report a disruption under our reference {code}. It began on {began} and concerns "
            "{services} at {sites}. Containment is under way; whether personal data are concerned "
            "is being examined. We report again at {next_update}.",
            "Kami melaporkan gangguan dengan nomor rujukan {code}. Gangguan dimulai pada {began} "
            "dan menyangkut {services} di {sites}. Penanganan sedang berlangsung; kami memeriksa "
            "apakah data pribadi terdampak. Kami melapor kembali pada {next_update}.",
        ),
    ),
    ReadyUpdate(
        "public-first",
        "public",
        ("First word to the public", "Kabar pertama untuk publik"),
        (
            "{services} may respond slowly or not at all at some of our places since {began}. We "
            "are working on it. Next update: {next_update}.",
            "{services} mungkin merespons lambat atau tidak merespons di sebagian lokasi kami "
            "sejak {began}. Kami sedang menanganinya. Kabar berikutnya: {next_update}.",
        ),
    ),
    ReadyUpdate(
        "public-over",
        "public",
        ("It is over", "Sudah selesai"),
        (
            "{services} works normally again. The disturbance lasted {lasted}. Thank you for your "
            "patience.",
            "{services} kembali normal. Gangguan berlangsung {lasted}. Terima kasih atas "
            "kesabaran Anda.",
        ),
    ),
)
