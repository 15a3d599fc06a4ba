// What of a page people might not read, or not be told by a screen reader.
() => {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((v, i) => a * v + (1 - a) * below[i]);
  const luminance = (colour) => {
    const [r, g, b] = colour.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(getComputedStyle(e).backgroundColor);
    return layers.reverse().reduce((below, layer) => over(parts(layer), below), [255, 255, 255]);
  };
  const seen = (e) => e.getClientRects().length && e.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  let count = 0;
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent.trim(), e = texts.currentNode.parentElement;
    if (!/[\p{L}\p{N}]/u.test(words) || !seen(e) || e.closest("[disabled]")) continue;
    if (e.closest("#editor .empty")) continue; // it lies on a canvas, which is white
    count += 1;
    const below = behind(e), style = getComputedStyle(e);
    const [dark, light] = [luminance(below), luminance(over(parts(style.color), below))].sort((p, q) => p - q);
    const ratio = (light + 0.05) / (dark + 0.05); // WCAG 2.1, 1.4.3
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) faint.push(`${words} ${ratio.toFixed(2)}`);
  }
  const nameless = [...document.querySelectorAll("input, button, select, textarea, [role=slider]")]
    .filter((e) => seen(e) && ![
      e.ariaLabel, e.title, e.textContent.trim(), ...[...(e.labels || [])].map((l) => l.textContent.trim()),
    ].some(Boolean))
    .map((e) => e.outerHTML.slice(0, 200));
  return { faint, nameless, count, width: document.documentElement.scrollWidth };
}
