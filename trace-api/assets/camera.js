// Reads a code with the device's camera: by the browser's own BarcodeDetector, else by zxing as
// WebAssembly, which comes from this server on the first tap and never before.
const OWN = ['qr_code', 'data_matrix', 'ean_13', 'ean_8', 'upc_a', 'code_128'];
const ZXING = ['QRCode', 'DataMatrix', 'EAN13', 'EAN8', 'UPCA', 'Code128'];
const EVERY_MS = 100;
const WIDE = 1280;

let known = null;

// A function from a video to the text of the code that it shows, or ''.
function reader(from) {
  known ??= own().then((found) => found ?? zxing(from));
  known.catch(() => { known = null; });
  return known;
}

async function own() {
  if (!('BarcodeDetector' in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats();
  if (!formats.includes('qr_code')) return null;
  const detector = new BarcodeDetector({ formats: OWN.filter((name) => formats.includes(name)) });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? '';
}

async function zxing({ script, wasm }) {
  await new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement('script'), { src: script });
    element.addEventListener('load', resolve);
    element.addEventListener('error', reject);
    document.head.append(element);
  });
  const overrides = { locateFile: () => wasm };
  await window.ZXingWASM.prepareZXingModule({ overrides, fireImmediately: true });
  const drawing = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDE / video.videoWidth);
    const [wide, tall] = [video.videoWidth, video.videoHeight].map((n) => Math.round(n * scale));
    Object.assign(drawing.canvas, { width: wide, height: tall });
    drawing.drawImage(video, 0, 0, wide, tall);
    const options = { formats: ZXING, maxNumberOfSymbols: 1 };
    const found = await window.ZXingWASM.readBarcodes(
      drawing.getImageData(0, 0, wide, tall), options);
    return found.find((one) => one.isValid)?.text ?? '';
  };
}

const button = document.getElementById('scan');
const dialog = document.getElementById('camera');
const video = dialog.querySelector('video');
const said = dialog.querySelector('[role=status]');
let stream = null;

// Whoever listens for `scanned` takes the code; else it is looked for as if it had been typed.
function deliver(code) {
  dialog.close();
  const event = new CustomEvent('scanned', { detail: code, cancelable: true });
  if (document.dispatchEvent(event)) location.assign(`/find?code=${encodeURIComponent(code.slice(0, 400))}`);
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
  video.hidden = true;
}

async function look() {
  said.textContent = dialog.dataset.wait;
  if (!navigator.mediaDevices) throw new Error('insecure');
  const wanted = { facingMode: 'environment', width: { ideal: WIDE } };
  const mine = await navigator.mediaDevices.getUserMedia({ video: wanted });
  stop();
  stream = mine;
  if (!dialog.open) return stop();
  video.srcObject = mine;
  video.hidden = false;
  await video.play();
  const read = await reader(dialog.dataset);
  said.textContent = dialog.dataset.aim;
  while (stream === mine) {
    const code = await read(video);
    if (code && stream === mine) return deliver(code);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function excuse(error) {
  if (!dialog.open) return;
  stop();
  const { denied, missing, insecure, broken } = dialog.dataset;
  said.textContent = { NotAllowedError: denied, NotFoundError: missing }[error.name]
    ?? (error.message === 'insecure' ? insecure : broken);
}

button.hidden = false;
button.addEventListener('click', () => { dialog.showModal(); look().catch(excuse); });
dialog.addEventListener('close', stop);
dialog.querySelector('button').addEventListener('click', () => dialog.close());
