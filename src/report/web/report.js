(function () {
  var all = function (s, e) { return [].slice.call((e || document).querySelectorAll(s)); };
  var bar = document.getElementById('bar'), find = document.getElementById('find');
  var said = document.getElementById('said'), chosen = '';
  if (!bar) return;
  bar.hidden = false;
  function apply() {
    var words = find.value.toLowerCase().trim(), shown = 0;
    all('#detail .item').forEach(function (item) {
      var here = 0;
      all('.rule', item).forEach(function (rule) {
        var fits = (!chosen || rule.dataset.v === chosen) &&
          (!words || (item.firstElementChild.textContent + rule.textContent).toLowerCase().indexOf(words) >= 0);
        rule.hidden = !fits;
        here += fits;
      });
      item.hidden = !here && !!(chosen || words);
      if (here && (chosen || words)) item.open = true;
      shown += here;
    });
    all('.dom').forEach(function (h) {
      var e = h.nextElementSibling, any = false;
      for (; e && e.className.indexOf('dom') < 0; e = e.nextElementSibling) any = any || !e.hidden;
      h.hidden = !any;
    });
    said.textContent = chosen || words ? shown : '';
  }
  all('button[data-v]', bar).forEach(function (b) {
    b.onclick = function () {
      chosen = chosen === b.dataset.v ? '' : b.dataset.v;
      all('button[data-v]', bar).forEach(function (o) { o.setAttribute('aria-pressed', chosen === o.dataset.v); });
      apply();
    };
  });
  find.oninput = apply;
  function fold(open) { all('.item').forEach(function (d) { d.open = open; }); }
  document.getElementById('open').onclick = function () { fold(true); };
  document.getElementById('close').onclick = function () { fold(false); };
  function reach() {
    var e = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var d = e && e.closest('details');
    if (d) { d.open = true; e.scrollIntoView(); }
  }
  window.addEventListener('hashchange', reach);
  window.addEventListener('beforeprint', function () { fold(true); });
  reach();
})();
