import type { WhatIfRecord, WhatIfWork } from "../engine/trace/schema.ts";
import {
  money as amount,
  byteCount,
  flopCount,
  milliseconds,
  percent,
} from "../widgets/render/formatNumber.ts";

type Row = readonly [name: string, text: string];

const dollars = (usd: number): string => amount(usd, "USD");
const whole = (count: number): string => count.toLocaleString("en");

/** A plan as a person reads it. */
export function planReport(record: WhatIfRecord): string {
  const { device, model } = record;
  const machine = device === null ? "no device" : `${device.count} x ${device.name}`;
  const sections: readonly (readonly [title: string, rows: readonly Row[]])[] = [
    [`${model.name} on ${machine}: computed, nothing measured`, modelRows(record)],
    ["Will it fit?", memoryRows(record)],
    ["How fast, at most?", speedRows(record)],
    ["What would it cost, at least?", moneyRows(record)],
  ];
  return [
    ...sections.map(([title, rows]) => [title, ...rows.map(line)].join("\n")),
    ["Taken for granted", ...record.assumptions.map((text) => `  ${text}`)].join("\n"),
    ...(device === null ? [] : [`Device: ${device.source}; ${device.date}`]),
  ].join("\n\n");
}

function line([name, text]: Row): string {
  return `  ${name.padEnd(14)} ${text}`;
}

function modelRows({ model, weights, caches, cache }: WhatIfRecord): Row[] {
  const { totalParameters: total, activeParameters: active } = model;
  const [own, ...others] = caches;
  const asForms = others.map(({ form, bytesPerToken }) => `${form} ${whole(bytesPerToken)}`);
  return [
    [
      "parameters",
      `${billions(total)}, of which a token meets ${billions(active)} (${percent(active / total)})`,
    ],
    ["weights", weights],
    [
      "cache",
      `${own?.form} ${whole(own?.bytesPerToken ?? 0)} bytes a token in ${cache}${asForms.length > 0 ? `; it would be ${asForms.join(", ")}` : ""}`,
    ],
  ];
}

function memoryRows({ memory, device, batch, context }: WhatIfRecord): Row[] {
  const { weightBytes, kvBytes, activationBytes, totalBytes, availableBytes } = memory;
  const rows: Row[] = [
    ["weights", byteCount(weightBytes)],
    ["caches", `${byteCount(kvBytes)} for ${sequences(batch)} of ${whole(context)} tokens`],
    ["activations", `about ${byteCount(activationBytes)}`],
  ];
  if (device === null) return [["needed", byteCount(totalBytes)], ...rows];
  if (availableBytes === null || memory.devicesNeeded === null)
    return [["unknown", `${byteCount(totalBytes)}; the device's memory is not known`], ...rows];
  const verdict = `${byteCount(totalBytes)} of ${byteCount(availableBytes)}`;
  if (memory.fits)
    return [
      ["yes", verdict],
      ...rows,
      ["room", `for ${whole(memory.mostCachedTokens ?? 0)} tokens of cache`],
    ];
  return [["no", `${verdict}: it takes ${whole(memory.devicesNeeded)} devices at least`], ...rows];
}

function speedRows({
  prefill,
  decode,
  tokens,
  tokensPerSecond,
  batch,
  memory,
}: WhatIfRecord): Row[] {
  const rows: Row[] = [];
  if (prefill !== null)
    rows.push([
      "prompt",
      work(prefill, `${whole(tokens.prompt)} tokens`, perSecond(tokens.prompt, prefill.seconds)),
    ]);
  const rate = tokensPerSecond === null ? "" : `, ${speed(tokensPerSecond)} tokens/s`;
  rows.push(["a token more", work(decode, `of ${sequences(batch)}`, rate)]);
  if (memory.fits === false) rows.push(["", "if only the memory were there"]);
  return rows;
}

function work({ seconds, bound, ...total }: WhatIfWork, what: string, rate: string): string {
  const { flops, weightBytes, kvReadBytes, kvWriteBytes } = total;
  const amount = `${flopCount(flops)}, ${byteCount(weightBytes + kvReadBytes + kvWriteBytes)}`;
  if (seconds === null) return `${what}: ${amount}`;
  return `${what}: ${milliseconds(seconds * 1000)}${rate}, bound by ${bound} (${amount})`;
}

function perSecond(count: number, seconds: number | null): string {
  return seconds === null ? "" : `, ${speed(count / seconds)} tokens/s`;
}

function moneyRows({ money, device, tokens, batch, whole: all }: WhatIfRecord): Row[] {
  if (device === null) return [["unknown", "name a --device"]];
  if (money === null) return [["unknown", "no rent is known of this device: give --usd-per-hour"]];
  const rent = device.count * (device.usdPerHour ?? 0);
  const rows: Row[] = [
    ["rent", `${dollars(rent)} an hour for ${whole(device.count)}`],
    [
      "these tokens",
      `${dollars(money.usd)} for ${sequences(batch)} of ${whole(tokens.prompt)} + ${whole(tokens.generated)}, ${milliseconds((all.seconds ?? 0) * 1000)}`,
    ],
  ];
  if (money.usdPerMTokInput !== null)
    rows.push(["input", `${dollars(money.usdPerMTokInput)} a million tokens`]);
  return [...rows, ["output", `${dollars(money.usdPerMTokOutput)} a million tokens`]];
}

function sequences(count: number): string {
  return count === 1 ? "one sequence" : `${whole(count)} sequences`;
}

function billions(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(2)} B` : `${(count / 1e6).toFixed(2)} M`;
}

function speed(rate: number): string {
  return rate >= 100 ? whole(Math.floor(rate)) : rate.toPrecision(3);
}
