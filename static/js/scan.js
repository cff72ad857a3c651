// Reads a QR code from a photo into a field of a form: by the browser itself where it can, by the
// kept library otherwise. Nothing of the picture leaves this device.
const MOST = 1600; // a photo of a modern phone is larger than any code needs

const pixelsOf = async (file) => {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, MOST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return brush.getImageData(0, 0, canvas.width, canvas.height);
};

const byBrowser = async (pixels) => {
  if (!("BarcodeDetector" in globalThis)) return "";
  try {
    const [found] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(pixels);
    return found?.rawValue ?? "";
  } catch { return ""; }
};

export const read = async (file) => {
  const pixels = await pixelsOf(file);
  return (await byBrowser(pixels)) || globalThis.jsQR(pixels.data, pixels.width, pixels.height)?.data || "";
};

for (const part of document.querySelectorAll("[data-scan]")) {
  const field = document.getElementById(part.dataset.scanInto);
  const mark = document.getElementById(part.dataset.scanMark);
  const said = part.querySelector("[data-scan-said]");
  part.hidden = false;
  part.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    const text = await read(file).catch(() => "");
    said.textContent = text ? "" : part.dataset.scanNone;
    if (!text) return;
    field.value = text;
    mark.value = "on";
    field.focus();
  });
  // Whoever types over it has not scanned it.
  field.addEventListener("input", () => { mark.value = ""; });
}
