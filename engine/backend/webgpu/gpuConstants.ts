/** WebGPU's flag values, spelled out because Node has no global GPUBufferUsage and its kin. */
export const BUFFER_USAGE = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyDestination: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
  queryResolve: 0x0200,
} as const;

export const MAP_MODE_READ = 0x0001;

export const SHADER_STAGE_COMPUTE = 0x4;
