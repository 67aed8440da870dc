/** Functions that run inside the page, as text: nothing of this file is in their reach there. */

/**
 * Each visible text whose contrast against what is behind it is below WCAG AA (4.5, or 3 for large text),
 * once for each pair of colours.
 */
export const LOW_CONTRAST = `() => {
  const rgb = (text) => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\\d.]+/g) ?? []).map(Number);
    return { r, g, b, a };
  };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let it = element; it; it = it.parentElement) {
      const colour = rgb(getComputedStyle(it).backgroundColor);
      if (colour.a === 1) return colour;
      if (colour.a !== 0) throw new Error('a half transparent background');
    }
    return rgb('rgb(255, 255, 255)');
  };
  const found = new Map();
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.textContent.trim() === '') continue;
    const element = node.parentElement;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width === 0 || style.visibility !== 'visible') continue;
    seen++;
    const colour = rgb(element instanceof SVGElement ? style.fill : style.color);
    const back = behind(element);
    const [low, high] = [luminance(colour), luminance(back)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      const key = [element.tagName, colour.r, colour.g, colour.b, back.r, back.g, back.b].join(' ');
      found.set(key, { ratio: Math.round(ratio * 100) / 100, text: node.textContent.slice(0, 40) });
    }
  }
  return { seen, low: [...found.values()] };
}`;

/** What reaches beyond the right edge of the window, and how wide the page is. */
export const OVERFLOW = `() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.body.querySelectorAll('*')].filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    return right > width + 1 || left < -1;
  });
  return {
    width,
    scrollWidth: document.documentElement.scrollWidth,
    wide: wide.slice(0, 5).map((element) => element.tagName + ' ' + element.textContent.slice(0, 60)),
  };
}`;

/** The elements of the page with the names of their attributes, in order. */
export const OUTLINE = `() => [...document.documentElement.querySelectorAll('*')].map((element) =>
  [element.localName, ...[...element.attributes].map(({ name }) => name)].join(' '))`;
