import { SHADER_STAGE_COMPUTE } from "./gpuConstants.ts";
import type { Shader } from "./shader.ts";

/** Compute pipelines by their source and bind group layouts by their bindings, each made once per device. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #warming = new Map<string, Promise<void>>();
  readonly #layouts = new Map<string, { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get count(): number {
    return this.#pipelines.size;
  }

  has({ source }: Shader): boolean {
    return this.#pipelines.has(source);
  }

  get(shader: Shader, label: string): GPUComputePipeline {
    let pipeline = this.#pipelines.get(shader.source);
    if (!pipeline) {
      pipeline = this.#device.createComputePipeline(this.#descriptor(shader, label));
      this.#pipelines.set(shader.source, pipeline);
    }
    return pipeline;
  }

  /** Compiles without blocking; a second call for the same shader waits for the first. */
  warm(shader: Shader, label: string): Promise<void> {
    let warming = this.#warming.get(shader.source);
    if (!warming) {
      warming = this.#device
        .createComputePipelineAsync(this.#descriptor(shader, label))
        .then((pipeline) => {
          this.#pipelines.set(shader.source, pipeline);
        })
        .finally(() => this.#warming.delete(shader.source));
      this.#warming.set(shader.source, warming);
    }
    return warming;
  }

  groupLayout(signature: string): GPUBindGroupLayout {
    return this.#layout(signature).group;
  }

  #descriptor(shader: Shader, label: string): GPUComputePipelineDescriptor {
    return {
      label,
      layout: this.#layout(shader.signature).pipeline,
      compute: {
        module: this.#device.createShaderModule({ label, code: shader.source }),
        entryPoint: "main",
      },
    };
  }

  #layout(signature: string): { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    let layout = this.#layouts.get(signature);
    if (!layout) {
      const types: GPUBufferBindingType[] = [...signature].map((mode) =>
        mode === "r" ? "read-only-storage" : "storage",
      );
      const group = this.#device.createBindGroupLayout({
        label: signature,
        entries: [...types, "uniform" as const, "uniform" as const].map((type, binding) => ({
          binding,
          visibility: SHADER_STAGE_COMPUTE,
          buffer: { type },
        })),
      });
      layout = {
        group,
        pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [group] }),
      };
      this.#layouts.set(signature, layout);
    }
    return layout;
  }
}
