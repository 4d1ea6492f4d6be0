import { percent } from "../render/formatNumber.ts";
import { escapeXml, short, staticSvg } from "../render/staticSvg.ts";
import { type CertificateRecord, type CertifiedArm, factsOf, reading } from "./data.ts";

const WIDTH = 860;
const TERM = 196;
const ROW = 19;
const BAR = { left: 300, width: 250 };
/** Letters of one width that fit beside a term. */
const LETTERS = 82;

/** Facts above, arms below: a bar of right, cut and wrong replies with the interval of accuracy across it. */
export function certificatePicture(record: CertificateRecord): string {
  const lines = factsOf(record).flatMap(({ term, text, isCode }) =>
    wrapped(text).map((line, i) => ({ term: i === 0 ? term : "", line, isCode })),
  );
  const facts = lines.map(({ term, line, isCode }, i) => {
    const y = 52 + i * ROW;
    return `<text class="m" x="16" y="${y}">${escapeXml(term)}</text><text class="t${isCode ? " k" : ""}" x="${TERM}" y="${y}">${escapeXml(line)}</text>`;
  });
  const top = 52 + lines.length * ROW + 18;
  const arms = record.arms.map((arm, i) => armRow(arm, top + 18 + i * ROW));
  const bottom = top + 18 + record.arms.length * ROW;
  return staticSvg(
    WIDTH,
    bottom + 22,
    `Certificate: ${record.about.model} on ${record.about.task}`,
    `<text class="t h" x="16" y="26">Certificate</text><text class="m" x="112" y="26">${escapeXml(`${record.about.model} on ${record.about.task} · ${record.nSamples} replies (measured)`)}</text>
${facts.join("\n")}
<path class="l" d="M16 ${top - 20}H${WIDTH - 16}"/>
<text class="m" x="16" y="${top}">arm</text><text class="m" x="${BAR.left}" y="${top}">right, cut, wrong</text><text class="m e" x="640" y="${top}">counts</text><text class="m" x="660" y="${top}">accuracy, 95 %</text>
${arms.join("\n")}
<text class="m" x="16" y="${bottom + 6}">${escapeXml(reading(record.about))}</text>`,
  );
}

function armRow(arm: CertifiedArm, y: number): string {
  const { name, right, wrong, cut, accuracy, low, high } = arm;
  const all = right + wrong + cut;
  const at = (share: number): number => BAR.left + share * BAR.width;
  const part = (from: number, count: number, tone: string): string =>
    count === 0
      ? ""
      : `<path class="${tone}" fill="currentColor" d="M${short(at(from / all))} ${y - 10}H${short(at((from + count) / all))}v10H${short(at(from / all))}z"/>`;
  const whisker =
    low === null || high === null
      ? ""
      : `<path class="u" style="stroke-dasharray:none" d="M${short(at(low))} ${y - 12}v14M${short(at(low))} ${y - 5}H${short(at(high))}M${short(at(high))} ${y - 12}v14"/>`;
  const interval = low === null || high === null ? "" : ` ${percent(low)} to ${percent(high)}`;
  const share = Number.isFinite(accuracy) ? percent(accuracy) : "not counted";
  const shown = name.length > 44 ? `${name.slice(0, 43)}…` : name;
  return `<text class="t" x="16" y="${y}">${escapeXml(shown)}</text>${part(0, right, "blue0")}${part(right, cut, "blue2")}${part(right + cut, wrong, "grey1")}${whisker}<text class="t e" x="640" y="${y}">${right}, ${cut}, ${wrong}</text><text class="t" x="660" y="${y}">${share}<tspan class="m">${interval}</tspan></text>`;
}

function wrapped(text: string): string[] {
  return text.match(new RegExp(`.{1,${LETTERS}}`, "gu")) ?? [""];
}
