// What few entries of 农事 need, loaded then: pictures made small, and a refusal looked at.

// What was not taken is sent as a form: the server's page says why, with both versions.
export function ask({ id, base, deed }) {
  const make = (tag, members) => Object.assign(document.createElement(tag), members);
  const sent = make('form', { method: 'post', action: `/producer/records${base ? `/${id}` : ''}` });
  const members = Object.entries({ id, base_version: base, ...deed });
  sent.append(...members.map(([name, value]) => make('input', { type: 'hidden', name, value: value ?? '' })));
  document.body.append(sent);
  sent.submit();
}

// Small enough for a village's line; drawing it anew leaves its metadata behind.
async function shrunk(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [bitmap.width * scale, bitmap.height * scale];
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
}

/** The pictures that can be read, small. */
export async function shrink(files) {
  const all = await Promise.all(files.map((file) => shrunk(file).catch(() => null)));
  return all.filter(Boolean);
}
