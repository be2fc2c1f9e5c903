'use strict';
(() => {
  const form = document.getElementById('k-filter'), shown = document.getElementById('k-shown');
  // A tile of the matrix and its case have the same place.
  const tiles = document.querySelectorAll('.matrix .t');
  const cases = [...document.querySelectorAll('.c')].map((e, i) => ({
    e, t: tiles[i], v: e.dataset.v.split(' '), l: e.dataset.l,
    r: (e.dataset.r + ' ' + e.querySelector('.id').textContent).toLowerCase(), o: e.dataset.o.toLowerCase().split(' ')
  }));
  form.hidden = false;
  const apply = () => {
    const v = form.verdict.value, l = form.level.value, o = form.operation.value.trim().toLowerCase();
    const r = form.rule.value.trim().toLowerCase();
    let n = 0;
    for (const c of cases) {
      const yes = (!v || c.v.includes(v)) && (!l || c.l === l) && (!r || c.r.includes(r)) && (!o || c.o.some(x => x.startsWith(o)));
      c.e.hidden = !yes;
      if (c.t) c.t.hidden = !yes;
      n += yes;
    }
    shown.textContent = n + ' of ' + cases.length + ' cases';
  };
  form.addEventListener('input', apply);
  form.addEventListener('reset', () => setTimeout(apply));
  form.addEventListener('submit', e => e.preventDefault());
  const open = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    const c = target && target.closest('.c');
    if (!c) return;
    if (c.hidden) { form.reset(); apply(); }
    c.open = true;
    // What its case says, which leaves room for the filter above it.
    target.scrollIntoView();
    c.firstElementChild.focus({preventScroll: true});
  };
  addEventListener('hashchange', open);
  addEventListener('beforeprint', () => cases.forEach(c => { if (!c.e.hidden && !c.v.every(v => v === 'pass' || v === 'skip' || v === 'disabled')) c.e.open = true; }));
  apply();
  // Behind the browser's own jump to the place, which takes the focus away.
  addEventListener('load', () => setTimeout(open));
})();
