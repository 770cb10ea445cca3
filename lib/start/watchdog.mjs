// Loaded into every process that the supervisor starts. When the supervisor is killed outright it can end nobody; the
// channel between the two closes then, and the process ends itself, so that the next start finds nothing in its way.
// It looks at the channel instead of listening to it: a listener would keep alive a process that has an end of its own,
// and to let go of the channel would end one that waits for messages, such as the workers of `next build`.
if (process.send) setInterval(() => process.connected || process.exit(1), 200).unref()
