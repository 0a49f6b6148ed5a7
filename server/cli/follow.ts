/** Loaded before the worker and the scripted provider, so that they end when their launcher was killed. */
import { followLauncher } from '#server/platform/http/boot'

followLauncher()
