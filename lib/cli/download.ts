/** `nodegrad data download`: data sets from the places that publish them. */

import { basename } from "node:path";
import { Argument, type Command } from "commander";
import { DATASET_NAMES, type DatasetName, type DownloadProgress, downloadDataset } from "../data/index.js";
import { type Progress, progress } from "../train/index.js";
import { interruptible } from "./interrupt.js";
import { createOutput } from "./output.js";

interface DownloadOptions {
  readonly to: string;
  readonly mirror?: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  nodegrad data download mnist                            12 MB, to data/mnist
  nodegrad data download fashion-mnist                    31 MB
  nodegrad data download cifar10 --to /srv/data           170 MB, to /srv/data/cifar10
Files are verified by their checksums. A download that breaks goes on where it was when it is started again.`;

/** Adds the commands. */
export function addDataCommand(program: Command): void {
  const data = program.command("data").description("bring data sets");
  data
    .command("download")
    .description("download a data set, or what is missing of it")
    .addArgument(new Argument("<dataset>", "which").choices(DATASET_NAMES))
    .option("--to <dir>", "folder to put the data set's folder into", "data")
    .option("--mirror <url...>", "addresses of folders with the same files, tried first")
    .option("--json", "end with one line of JSON on standard output; all else goes to standard error")
    .addHelpText("after", EXAMPLES)
    .action(download);
}

async function download(name: DatasetName, { to, mirror = [], json }: DownloadOptions): Promise<void> {
  const out = createOutput(json);
  const shown = new Downloads();
  const folder = await interruptible(
    (signal) =>
      downloadDataset(name, to, { mirrors: mirror, signal, onProgress: (state) => shown.update(state) }).finally(() =>
        shown.stop(),
      ),
    () => "interrupted: the same command goes on from here",
  );
  const model = name === "cifar10" ? "cifarConvnet" : "lenet5";
  const dataset = name === "fashion-mnist" ? " --dataset fashion-mnist" : "";
  out.line(`${name} is in ${folder}; to learn it: nodegrad train ${model}${dataset} --data-dir ${to}`);
  out.result({ command: "data download", dataset: name, folder });
}

/** One bar after another, for each file. */
class Downloads {
  private path = "";
  private bar: Progress | undefined;

  update({ path, receivedBytes, totalBytes }: DownloadProgress): void {
    if (path !== this.path) {
      this.stop();
      this.path = path;
      this.bar = progress(kilobytes(totalBytes), { label: basename(path), unit: "kB" });
    }
    this.bar?.update(kilobytes(receivedBytes));
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

function kilobytes(bytes: number): number {
  return Math.ceil(bytes / 1000);
}
