/** The data sets of the course, from the places that publish them. */

import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, FormatError, OptionError, show } from "../errors.js";
import { writeAtomically } from "../io/files.js";
import { cifar10Bytes, cifar10Files } from "./cifar10.js";
import { downloadFile, TRANSFER_OPTIONS, type TransferOptions } from "./download.js";
import { readTarGz } from "./tar.js";

/** A data set that can be downloaded. */
export type DatasetName = "mnist" | "fashion-mnist" | "cifar10";

/** Options of `downloadDataset`. */
export interface DownloadDatasetOptions extends TransferOptions {
  /** Addresses of folders with the same files, tried before the known ones. */
  mirrors?: readonly string[];
}

/** A file as it is published. */
interface PublishedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Published {
  /** Addresses of folders, the best first. */
  readonly mirrors: readonly string[];
  readonly files: readonly PublishedFile[];
}

const CIFAR10_ARCHIVE: PublishedFile = {
  name: "cifar-10-binary.tar.gz",
  bytes: 170_052_171,
  sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
};

const published: { readonly [Name in DatasetName]: Published } = {
  mnist: {
    mirrors: ["https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"],
    files: [
      {
        name: "train-images-idx3-ubyte.gz",
        bytes: 9_912_422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      },
      {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 28_881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      },
      {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 1_648_877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      },
      {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 4542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      },
    ],
  },
  "fashion-mnist": {
    // The publisher's own server has no https; the checksums see to it that nobody on the way can change the files.
    mirrors: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ],
    files: [
      {
        name: "train-images-idx3-ubyte.gz",
        bytes: 26_421_880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      },
      {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 29_515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      },
      {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 4_422_102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      },
      {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 5148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      },
    ],
  },
  cifar10: {
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
    files: [CIFAR10_ARCHIVE],
  },
};

/** Names of the data sets that can be downloaded. */
export const DATASET_NAMES = Object.keys(published) as readonly DatasetName[];

/**
 * Downloads a data set to a folder of its name in `dir`, where `loadMnist(dir)`, `loadFashionMnist(dir)` or
 * `loadCifar10(dir)` finds it. Files that are there already are kept. MNIST takes 12 MB, Fashion-MNIST 31 MB, CIFAR-10
 * 170 MB to download and 184 MB unpacked.
 *
 * Lengths and checksums are known beforehand; see `downloadFile` for what happens when connections break.
 *
 * @returns The folder.
 * @throws {NetworkError} when a file cannot be had.
 * @throws {FormatError} when a file has another checksum than the published one.
 * @throws {OptionError} for another name, an option that is unknown or out of range, or a folder that cannot be written.
 */
export async function downloadDataset(
  name: DatasetName,
  dir: string,
  options: DownloadDatasetOptions = {},
): Promise<string> {
  const op = "downloadDataset";
  if (!DATASET_NAMES.includes(name)) {
    throw new OptionError(`${op}: name must be one of ${DATASET_NAMES.join(", ")}, got ${show(name)}`);
  }
  if (typeof dir !== "string") throw new OptionError(`${op}: dir must be a string, got ${show(dir)}`);
  checkOptions(op, options, ["mirrors", ...TRANSFER_OPTIONS]);
  const { mirrors = [], ...transfer } = options;
  if (!Array.isArray(mirrors) || ![...mirrors].every((base) => typeof base === "string")) {
    throw new OptionError(`${op}: option "mirrors" must be a list of addresses, got ${show(mirrors)}`);
  }
  const folder = join(dir, name);
  if (name === "cifar10" && (await hasCifar10(folder))) return folder;
  for (const { name: file, bytes, sha256 } of published[name].files) {
    const urls = [...mirrors, ...published[name].mirrors].map((base) => `${base.replace(/\/?$/, "/")}${file}`);
    await downloadFile({ ...transfer, urls, path: join(folder, file), bytes, sha256 });
  }
  if (name === "cifar10") await unpackCifar10(join(folder, CIFAR10_ARCHIVE.name), folder);
  return folder;
}

const cifar10Names = [...cifar10Files.train, ...cifar10Files.test];

async function hasCifar10(folder: string): Promise<boolean> {
  const found = await Promise.all(cifar10Names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return found.every((file) => file?.isFile() && file.size === cifar10Bytes);
}

/**
 * Unpacks the files of CIFAR-10 from its archive, which is then removed.
 *
 * @param bytes Length of each file.
 * @throws {FormatError} when the archive is corrupt or lacks a file.
 */
export async function unpackCifar10(archive: string, folder: string, bytes = cifar10Bytes): Promise<void> {
  const op = "downloadDataset";
  const missing = new Map(cifar10Names.map((name) => [name, bytes]));
  for await (const file of readTarGz(op, archive, missing)) {
    await writeAtomically(op, join(folder, file.name), file.bytes);
    missing.delete(file.name);
  }
  if (missing.size > 0) throw new FormatError(`${op}: ${show(archive)} lacks ${[...missing.keys()].join(", ")}`);
  await rm(archive);
}
