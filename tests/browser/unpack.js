// Unpacks the Chromium that npm brought, with the libraries and fonts it needs, into the folder chromium/ beside this file.

import { createReadStream, createWriteStream, rmSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { extract } from "tar-fs";

const packed = new URL("node_modules/@sparticuz/chromium/bin/", import.meta.url);
const folder = fileURLToPath(new URL("chromium/", import.meta.url));

const unpack = (name, target) =>
  pipeline(createReadStream(new URL(name, packed)), createBrotliDecompress({ chunkSize: 1 << 20 }), target);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
await Promise.all([
  unpack("chromium.br", createWriteStream(folder + "chromium", { mode: 0o755 })),
  unpack("al2023.tar.br", extract(folder)), // lib/: what a machine without a desktop may lack
  unpack("fonts.tar.br", extract(folder)), // fonts/: Open Sans
]);
