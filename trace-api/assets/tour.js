// The way into a desk's tour; the tour itself is loaded when somebody is invited to it or takes it.
const list = document.getElementById('tour');
const again = document.getElementById('tour-start');
const seen = `suyuan-tour-${list?.dataset.desk}`;

// A browser may refuse to remember: then it asks again.
function kept(store, name) {
  try { return store.getItem(name); } catch { return null; }
}
function see() {
  try { localStorage.setItem(seen, 'seen'); } catch { /* refused */ }
}

const load = () => import(list.dataset.card);
const take = async (at) => (await load()).tour(list, at, () => { see(); again.focus(); });

if (list?.children.length > 0) {
  again.hidden = false;
  again.addEventListener('click', () => take(0));
  const at = kept(sessionStorage, 'suyuan-tour-at');
  if (at !== null) {
    sessionStorage.removeItem('suyuan-tour-at');
    take(Number(at));
  } else if (kept(localStorage, seen) === null && list.children[0].dataset.page === location.pathname) {
    (await load()).invite(list.dataset, () => take(0), see);
  }
}
