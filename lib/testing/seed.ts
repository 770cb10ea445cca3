import fc from 'fast-check'

// Random tests take the same way each time. `ECS_TEST_SEED` sends all of them another way.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.ECS_TEST_SEED ?? 20260310) })
