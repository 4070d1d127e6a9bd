/* The engine: a network that runs and learns in the page. To be read in this order:
   engine_windows.js, engine_sums.js, engine_convolution.js, engine_pooling.js,
   engine_activations.js, engine_network.js, engine_training.js, engine_worker.js.
   This file is what the worker runs. */

import { serve } from "./engine_worker.js";

serve(globalThis);
