import { nn } from 'antinode';

/** A digit classifier of two convolutions and a linear layer, (B, 1, H, W) to (B, 10): 9,146 parameters for 28 x 28. */
export function digitNetwork(height: number, width: number): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16 * Math.floor(height / 4) * Math.floor(width / 4), 10),
  );
}
