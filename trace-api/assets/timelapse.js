// Plays the pictures of the growing period one after another. Without it they are a strip.
const EVERY_MS = 260;
const player = document.querySelector('.player');
const frames = player.dataset.frames.split('|').map((frame) => frame.split(' '));
const [image, button, slider, day] = ['img', 'button', 'input', 'output'].map((name) => (
  player.querySelector(name)));
let timer = 0;

async function show(place) {
  const [address, at] = frames[place];
  const next = new Image();
  next.src = address;
  try {
    await next.decode();
  } catch {
    return; // a picture that does not come is passed over
  }
  if (Number(slider.value) !== place) return;
  image.src = address;
  day.textContent = at;
}

function pause() {
  clearTimeout(timer);
  timer = 0;
  button.textContent = player.dataset.play;
}

async function step() {
  const place = Number(slider.value);
  await show(place);
  if (!timer) return;
  if (place + 1 >= frames.length) return pause();
  slider.value = place + 1;
  timer = setTimeout(step, EVERY_MS);
}

button.addEventListener('click', () => {
  if (timer) return pause();
  if (Number(slider.value) + 1 >= frames.length) slider.value = 0;
  button.textContent = player.dataset.pause;
  timer = setTimeout(step, 0);
});
slider.addEventListener('input', () => { pause(); show(Number(slider.value)); });

// The first picture comes when it is about to be seen.
new IntersectionObserver((seen, watch) => {
  if (!seen.some((entry) => entry.isIntersecting)) return;
  watch.disconnect();
  show(0);
}, { rootMargin: '200px' }).observe(player);
player.hidden = false;
