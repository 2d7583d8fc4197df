// The index on a sharded cluster. Run it once, with mongosh connected to a mongos, before the first crawl:
//
//     mongosh "mongodb://user:password@mongos.example:27017/backlinks" deploy/mongodb-sharding.js
//
// The database is the one in the address: give the name that MONGODB_DATABASE has.
//
// NOT TRIED ON A CLUSTER. The tests of this project run against single servers. The commands below are those of
// MongoDB's manual (6.0 and later); the queries and writes were checked by reading them, as told at each point. Try it
// with a copy before you trust it with an index. A link takes about 0.4 KB on disk, its indexes included: shard when
// the disk or the cache of one replica set does not suffice, not before.
//
// Running it again is harmless: a collection that is sharded stays as it is.

const name = db.getName();

if (db.hello().msg !== "isdbgrid") {
  throw new Error("This is no mongos: sharding is set up through one.");
}

// Needed before MongoDB 6.0, without effect since.
sh.enableSharding(name);

// --- links and link_events: {target_site, _id} ------------------------------------------------------------------
//
// Why target_site first: every question is one about a target site (its backlinks, its referring domains, its days), so
// it is answered by the shards that hold this site, mostly one.
//
// Why _id behind it: a chunk can be divided only between two values of the key. With target_site alone all links of
// one giant site (a social network has several percent of all links) would be one chunk that can neither be divided nor
// moved, a "jumbo" one. Ids are hashes, so such a site is divided evenly.
//
// Why no duplicates: with this key MongoDB enforces that an _id is unique on each shard, not in the cluster. The
// same link must therefore always go to the same place. It does: _id is the hash of source URL and target URL, and
// target_site follows from the target URL (by rules and a suffix list whose versions are stored with the database and
// compared at every start). So equal links have equal keys. Inserts carry both fields, and so does the filter of every
// update of a link; events are only ever inserted, under ids that are hashes of link, revision and field.
//
// The key needs an index of its own that a single server does not need (about 30 bytes a link, 40 an event). It is made
// before sharding, so that it is built once and on nothing.
for (const collection of ["links", "link_events"]) {
  make(collection);
  db.getCollection(collection).createIndex({ target_site: 1, _id: 1 });
  shard(collection, { target_site: 1, _id: 1 });
}

// --- pages: hashed _id ------------------------------------------------------------------------------------------
//
// A page is written and read by its id alone (the commit of a visit is one update of one page), and no question asks for
// neighbours, so pages are spread evenly. The ids are hashes already; hashing the key once more lets MongoDB make and
// spread the chunks at the beginning instead of dividing a single one while the first crawl writes.
make("pages");
db.getCollection("pages").createIndex({ _id: "hashed" });
shard("pages", { _id: "hashed" });

// sites, crawls, alert_positions, set_aside and meta are small: they stay whole, on the primary shard of the database.

function make(collection) {
  if (db.getCollectionInfos({ name: collection }).length === 0) {
    db.createCollection(collection, { storageEngine: { wiredTiger: { configString: "block_compressor=zstd" } } });
  }
}

function shard(collection, key) {
  const namespace = `${name}.${collection}`;
  if (db.getSiblingDB("config").getCollection("collections").findOne({ _id: namespace })) {
    print(`${namespace} is sharded already`);
    return;
  }
  sh.shardCollection(namespace, key);
  print(`${namespace} is sharded by ${JSON.stringify(key)}`);
}

// --- What goes to all shards ------------------------------------------------------------------------------------
//
// Correct, but each of these asks every shard; they are why more shards do not make everything faster:
//   * a visit that changes links reads the records concerned by _id alone
//   * whether a lost link moved to another page of its site (by source_site), once for each batch of visits
//   * the history of one link (by link_id), pages that are due (by next_visit), the stream of new events (by recorded)
//
// --- What to watch ----------------------------------------------------------------------------------------------
//
//   db.links.getShardDistribution()                            data and documents by shard
//   sh.status()                                                chunks, the balancer's state
//   db.getSiblingDB("config").chunks.find({ jumbo: true })     must be empty; refineable only by a longer key
//   sh.isBalancerRunning(), sh.getBalancerState()
//
// Moving chunks competes with a crawl for disk and cache. Give the balancer hours in which little is crawled:
//
//   db.getSiblingDB("config").settings.updateOne({ _id: "balancer" },
//     { $set: { activeWindow: { start: "01:00", stop: "05:00" } } }, { upsert: true });
//
// Each shard is a replica set of its own, so a write counts as stored when the majority of that set has it in its
// journal, as on a single replica set. A visit is committed on one shard and its links are written on others: no
// transaction spans them, and none is needed, because the page keeps what is still to be written until all of it is.
//
// An index that exists can be sharded with the same commands: the indexes are then built from its documents, and the
// balancer moves the data for hours. Stop the workers for the sharding itself, not for the balancing.
