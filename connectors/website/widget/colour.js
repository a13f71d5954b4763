/** The brand colour's companions: [red, green, blue] in, CSS colours out that keep contrast at AA. */
const colour = {
  parse(value) {
    const context = document.createElement("canvas").getContext("2d");
    if (!context) return null;
    context.fillStyle = "#010203";
    context.fillStyle = value;
    const match = /^#(..)(..)(..)$/.exec(context.fillStyle);
    return match && match[0] !== "#010203" ? match.slice(1).map((part) => parseInt(part, 16)) : null;
  },
  luminance(rgb) {
    const [red, green, blue] = rgb.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  },
  contrast(one, other) {
    const [low, high] = [colour.luminance(one), colour.luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  },
  mix(one, other, share) {
    return one.map((part, index) => Math.round(part * (1 - share) + other[index] * share));
  },
  css: (rgb) => `rgb(${rgb.join(" ")})`,
  companions(brand) {
    const white = [255, 255, 255];
    const dark = [20, 28, 26];
    const tint = colour.mix(white, brand, 0.1);
    let ink = brand; // brand-coloured text on white and on the tint
    while (colour.contrast(ink, tint) < 4.6) ink = colour.mix(ink, [0, 0, 0], 0.08);
    const on = colour.contrast(brand, white) >= 4.5 ? white : dark;
    const deep = colour.mix(brand, on === white ? [0, 0, 0] : white, 0.16);
    return { brand, on, ink, tint, deep, line: colour.mix(white, brand, 0.28) };
  },
};
