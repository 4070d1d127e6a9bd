/* What a worker runs behind engine.js where a network is to learn. */

import { Learner } from "./engine_learner.js";
import { serve } from "./engine_worker.js";

serve(new Learner());
