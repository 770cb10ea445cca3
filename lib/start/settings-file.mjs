import fs from 'node:fs'

/**
 * Reads the settings of `.env` in the folder of the console, and of the file that ECS_ENV_FILE names, which the program of a
 * package sets. What the environment says already holds. A file that this user may not read is passed over: systemd reads it
 * for the services.
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
