import fc from 'fast-check'

// Random tests repeat the same choices in each run. `ECS_TEST_SEED` changes them.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.ECS_TEST_SEED ?? 20260310) })
