// spider (Rust) through its binding for Node. It tells the addresses of links, neither anchor nor rel nor place.
import { createWriteStream } from "node:fs";
import { createRequire } from "node:module";

const { Website } = createRequire(`${process.env.SPIDER_RS_FOLDER}/`)("@spider-rs/spider-rs");
const [port, sites, scheme, output, pages] = process.argv.slice(2);
const file = createWriteStream(output);
const seen = new Set();
// Of many crawls beside each other not all promises settle: the last page is the end.
const done = () => seen.size === Number(pages) && file.end(() => process.exit(0));
for (let site = 1; site <= Number(sites); site++) {
  const website = new Website(`${scheme}://127.0.1.${site}:${port}/`).withReturnPageLinks(true).withDelay(0).build();
  website.crawl((error, page) => {
    if (error) return;
    file.write(JSON.stringify({ url: page.url, links: (page.links ?? []).map((url) => ({ url })) }) + "\n");
    seen.add(page.url);
    done();
  });
}
