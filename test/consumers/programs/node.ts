// Prints the report of the program, in Node.
import { report } from './train.js';

report().then((found) => console.log(JSON.stringify(found)));
