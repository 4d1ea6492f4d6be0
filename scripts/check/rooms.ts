/**
 * The order of the rooms of a folder: what stands in a line may import what stands above it, and itself. A room is a folder
 * or a file; "." stands for the files of the folder that have no line of their own.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  engine: [
    "base", // errors, options, progress: what every room uses
    "tensor", // numbers on the host
    "trace", // plain records that pictures and files carry
    "price", // what services bill
    "backend", // operators, and the three devices that carry them out
    "weights", // checkpoints as they lie on disk and on the hub
    "dictionary", // sparse autoencoders and transcoders: read, encoded, decoded
    "template", // conversations as chat templates write them
    "tokenizer",
    "model", // config.json to ModelSpec, a checkpoint's tensors to weights
    "plan", // the forward pass written down, and the sites in it
    "act", // edits of a forward pass, in terms of its plan
    "cost", // what a plan's operators cost
    "machine", // what a device can do
    "whatif", // the same tokens on another model and machine
    "anatomy", // a plan told for a picture: operators, shapes, parameters, sites
    "execute", // plans on a device
    "look", // reading what was executed
    "stepper", // a forward pass that stops between its operators
    "generate", // sampling and speculation
    "sweep", // edits over a grid, and what they do to a metric
    "gradient", // what a metric's gradient is at sites of a run
    "record", // runs on disk: written, read without their model, held against it again
    "query", // tables on disk, asked in SQL
    "explain", // what a run's numbers mean for its logits: lenses, attribution, comparison, circuits
    "chat", // replies to conversations
    "remote", // models behind servers
    "store", // objects behind the interface of Amazon S3
    "vote", // several replies to one conversation, and which of them counts
    "evaluate", // tasks, what a model makes of them, and how sure that is
    "probe", // directions that tell labelled tokens apart, and how sure that is
    ".", // the facade: Model, loadModel, the entry points
  ],
  kernel: [
    "errors.ts",
    "ownTimers.ts",
    "protocol",
    "language",
    "debugger",
    "transport",
    "cell",
    "display",
    "session",
    "install",
    "server",
    "client", // a kernel without a server: cells sent, outputs collected
    ".",
  ],
  widgets: [
    "offline", // what is kept for pages without a kernel, and such pages
    "render",
    "attention",
    "conversation",
    "cost",
    "drafts",
    "latent",
    "routing",
    "sparse",
    "stepper",
    "anatomy",
    "thinking",
    "tokens",
    "lens", // what each layer would say next
    "attribution", // what a logit is the sum of
    "precision",
    "comparison",
    "sweep",
    "features", // numbers of tokens by name, over the text
    "samples",
    "exercise", // questions of a notebook, and what is said of answers
    "certificate",
    "stock", // what stock JupyterLab and Notebook 7 take in, so that saved pictures respond there
    "lab",
    ".",
  ],
  serve: [
    "apiError.ts", // refusals as clients read them
    "serveOptions.ts",
    "requests", // what clients ask for
    "admission.ts", // who is let in
    "prometheus.ts", // numbers as Prometheus reads them
    "metrics.ts",
    "service.ts", // a model, its open batch, and what is counted of them
    "eventStream.ts",
    "choice.ts", // a text of a request
    "work.ts", // all texts of a request
    "replies", // what clients get
    "routes",
    ".",
  ],
  site: [
    ".", // what page and worker say to each other, the pictures and texts that there are
    "worker", // the model, and what its pictures are made of
    "page", // what the reader sees
    "embed", // the script for other pages
  ],
  cli: [".", "export", "writeup", "submit", "commands", "program.ts", "main.ts"],
};
