// Runs the program in Node and prints its report.
import { report } from './train.js';

report().then((found) => console.log(JSON.stringify(found)));
