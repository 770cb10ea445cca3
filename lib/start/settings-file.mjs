import fs from 'node:fs'

/**
 * Reads the settings in the console's `.env`, and in the file named by ECS_ENV_FILE, which a package's program sets. Variables
 * that are already set win. A file that this user may not read is skipped: for the services systemd reads it.
 */
export function loadSettings() {
  for (const file of ['.env', process.env.ECS_ENV_FILE]) {
    if (file && isReadable(file)) process.loadEnvFile(file)
  }
}

/** @param {string} file */
function isReadable(file) {
  try {
    fs.accessSync(file, fs.constants.R_OK)
    return true
  } catch {
    return false
  }
}
