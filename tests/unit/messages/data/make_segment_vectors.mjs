// Makes segment_vectors.json.gz: 10,000 random texts as sms-segments-calculator 1.3.0 measures them.
//
//   cd "$(mktemp -d)" && npm install sms-segments-calculator@1.3.0
//   node <checkout>/tests/unit/data/make_segment_vectors.mjs <checkout>/tests/unit/data/segment_vectors.json.gz
//
// A vector is [text, "G" or "U", units, [UTF-16 length of each segment], is some grapheme longer than a character].
// The random numbers have a fixed seed: the same texts come out each time.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const require = createRequire(process.cwd() + "/");
const { SegmentedMessage } = require("sms-segments-calculator");

let state = 20250501;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const words = (text) => text.split(" ");
const LATIN = words("Salom hurmatli mijoz chegirma bugun kutamiz Sale only today buy now 50% code: A7 Tel: 712000000 getsms.uz ok!");
const CYRILLIC = words("Ассалому алайкум ҳурматли мижоз ўқиш ғалаба чегирма Скидка только сегодня завтра ждём вас ҳар куни");
const UZBEK = words("oʻquv gʻalaba maʼno do‘kon bog’ o'zbek to`lov sa´nat ‛bir ′ikki so‘m Oʻzbekiston «Bozor» “aksiya” № 5 – 10");
const GSM = words("ö ü Ö Ü ä ñ à è é ù ì ò Ç Ø ø Å å Δ Φ Γ Λ Ω Π Ψ Σ Θ Ξ Æ æ ß É ¡ ¿ § ¤ £ ¥ @ $ _");
const SYMBOLS = words("ş ğ ç … — • ✓ → ™ © ° ½ × ₽ 中 文 ё Ї € ` ´ \u00a0 \u202f \u200b \t");
const EXTENDED = words("^ { } \\ [ ~ ] | € \f");
const EMOJI = words("😀 🎉 🔥 ❤ 🚀 💐 🎁");
const CLUSTERS = words("👨‍👩‍👧 🇺🇿 ❤️ 👍🏽 e\u0301 й 1️⃣");

const KINDS = [
  [LATIN], [LATIN, EXTENDED], [LATIN, GSM], [CYRILLIC], [CYRILLIC, EMOJI], [LATIN, UZBEK], [LATIN, SYMBOLS],
  [LATIN, EMOJI], [LATIN, CYRILLIC, UZBEK, GSM, SYMBOLS, EXTENDED, EMOJI], [CYRILLIC, CLUSTERS],
];

function prose(kind) {
  const target = pick([0, 10, 40, 70, 71, 134, 135, 160, 161, 200, 310]) + below(12) - 6;
  let text = "";
  while (text.length < target) text += pick(pick(kind)) + pick([" ", " ", " ", "\n", ""]);
  return text;
}

// The interesting texts: a pair just before, on or just after the border of a part.
function border() {
  const unicode = random() < 0.5;
  const [filler, pairs, one, each] = unicode ? ["ж", EMOJI, 70, 67] : ["a", EXTENDED, 160, 153];
  let text = "";
  for (let part = 1 + below(4); part > 0; part--) {
    text += filler.repeat(pick([one, each, each]) - below(4)) + pick(pairs).repeat(below(3));
  }
  return text + filler.repeat(below(3));
}

const vectors = ["", "a".repeat(160), "a".repeat(161), "ж".repeat(70), "ж".repeat(71)]
  .concat(Array.from({ length: 9995 }, (_, i) => (i % 3 === 2 ? border() : prose(pick(KINDS)))))
  .map((text) => {
    const message = new SegmentedMessage(text);
    const units = message.encodedChars.reduce((sum, character) => sum + character.codeUnits.length, 0);
    const segments = message.segments.map((segment) =>
      segment.reduce((sum, character) => sum + (character.isUserDataHeader ? 0 : character.raw.length), 0));
    const clusters = message.graphemes.some((grapheme) => [...grapheme].length > 1);
    return [text, message.encodingName === "GSM-7" ? "G" : "U", units, segments, clusters];
  });
writeFileSync(process.argv[2], gzipSync(JSON.stringify(vectors), { level: 9 }));
console.log(`${vectors.length} vectors, ${vectors.filter((vector) => vector[4]).length} with clusters`);
