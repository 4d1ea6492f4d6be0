/** Shaders that do one thing alone, as fast as the device can, so that no other does it faster: for measuring a device. */

/** Invocations of a workgroup. */
export const LIMIT_GROUP = 256;

/** Vectors of four floats that an invocation calculates with, and multiplications and additions of each in an iteration. */
export const LIMIT_VECTORS = 8;

const HEAD = `
struct Params { count: u32, stride: u32, factor: f32, term: f32 }
@group(0) @binding(0) var<storage, read_write> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4<u32>>;
@group(0) @binding(2) var<uniform> params: Params;
`;

const MAIN = `@compute @workgroup_size(${LIMIT_GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>)`;

/** Every vector of the source gets bits of its own: a device may store equal ones in less room. */
export const FILL = `${HEAD}
fn mixed(x: u32) -> u32 { let y = (x ^ (x >> 16u)) * 0x7feb352du; return y ^ (y >> 15u); }
${MAIN} {
  for (var i = id.x; i < params.count; i += params.stride) {
    source[i] = vec4<u32>(mixed(4u * i), mixed(4u * i + 1u), mixed(4u * i + 2u), mixed(4u * i + 3u));
  }
}`;

/** Reads the source once: neighbours read neighbours. */
export const READ = `${HEAD}
${MAIN} {
  var seen = vec4<u32>(0u);
  for (var i = id.x; i < params.count; i += params.stride) { seen ^= source[i]; }
  target_[id.x] = seen;
}`;

/** Copies the source. */
export const COPY = `${HEAD}
${MAIN} {
  for (var i = id.x; i < params.count; i += params.stride) { target_[i] = source[i]; }
}`;

/** `count` iterations of a multiplication and an addition for each lane; \`form\` says of one vector how. */
function arithmetic(form: (v: string) => string): string {
  const vectors = Array.from({ length: LIMIT_VECTORS }, (_, i) => `v${i}`);
  return `${HEAD}
${MAIN} {
  let factor = vec4<f32>(params.factor);
  let term = vec4<f32>(params.term);
${vectors.map((v, i) => `  var ${v} = vec4<f32>(f32(id.x) + ${i}.0);`).join("\n")}
  for (var i = 0u; i < params.count; i++) {
${vectors.map((v) => `    ${v} = ${form(v)};`).join("\n")}
  }
  target_[id.x] = bitcast<vec4<u32>>(${vectors.join(" + ")});
}`;
}

/** As one operation, and as two: which is faster depends on the device. */
export const FUSED = arithmetic((v) => `fma(${v}, factor, term)`);
export const SEPARATE = arithmetic((v) => `${v} * factor + term`);
