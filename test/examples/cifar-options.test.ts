import { optim } from 'antinode';
import { CommanderError } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { makeModel } from '../../examples/cifar/model.js';
import { readOptions } from '../../examples/cifar/options.js';
import { optimizerOptions } from '../../examples/cifar/paper.js';
import { epochLine } from '../../examples/cifar/results.js';
import { milestonesOf } from '../../examples/shared/training.js';

/** What reading a command line prints, including the message of a thrown error. */
function printed(...args: string[]): string {
  let text = '';
  const catchText = (chunk: string | Uint8Array) => {
    text += chunk;
    return true;
  };
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(catchText),
  );
  try {
    readOptions(args);
  } catch (error) {
    if (!(error instanceof CommanderError)) text += (error as Error).message;
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
  return text;
}

const settingsOf = (...args: string[]) => readOptions(args).settings;

describe('the command line of the CIFAR-10 example', () => {
  it.each([
    [['--epoch', '3'], /unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
    [['--epochs', '0'], /option '--epochs <n>' argument '0' is invalid. Expected an integer of at least 1/],
    [['--epochs', '2.5'], /'--epochs <n>' argument '2.5' is invalid/],
    [['--lr', '0.1,fast'], /'--lr <number,..>' argument '0.1,fast' is invalid. Expected a number above 0/],
    [['--lr', '1,2,3'], /option '--lr': expected one number, or 2 \(one per optimizer\), got 3/],
    [
      ['--optimizer', 'sgd,adamax'],
      /'--optimizer <a,b,..>' argument 'sgd,adamax' is invalid. Expected one of sgd, pnm, /,
    ],
    [['--optimizer', 'sgd,sgd'], /Expected each optimizer once/],
    [['--model', 'alexnet'], /'--model <name>' argument 'alexnet' is invalid. Expected one of resnet18/],
    [['--train-size', '50001'], /option '--train-size': expected at most 50000, got 50001/],
    [['--dataset', 'cifar100'], /option '--dataset cifar100' needs --data DIR, a folder with train.bin and test.bin/],
    [['--dataset', 'folder'], /option '--dataset folder' needs --data DIR, a folder with train and val/],
    [['--dataset', 'svhn'], /Expected one of cifar10, cifar100, folder/],
    [['--label-noise', '40'], /'--label-noise <share>' argument '40' is invalid. Expected a number from 0 to 1/],
    [['--schedule', 'half'], /'--schedule <a,b,..>' argument 'half' is invalid/],
    [['--device', 'tpu'], /Expected one of cpu, reference, gpu/],
    [['--width'], /option '--width <channels>' argument missing/],
    [['everything'], /too many arguments/],
    [['--resume'], /option '--resume' needs the folder of the run/],
  ])('rejects %j', (args, message) => {
    expect(printed(...args)).toMatch(message);
  });

  it('shows every option with its default', () => {
    const out = printed('--help');
    const names =
      'dataset model width optimizer lr beta0 weight-decay decay schedule epochs batch-size train-size test-size';
    for (const name of `${names} image-size label-noise seed paper workers threads device data out save-every resume`.split(
      ' ',
    )) {
      expect(out).toMatch(new RegExp(`--${name}\\b[^]*?\\(default:`));
    }
    expect(out.split('\n').every((line) => line.length <= 80)).toBe(true);
  });

  it('records which settings were given', () => {
    const line = readOptions(['--epochs', '15', '--out', 'a', '--resume', '--optimizer', 'all']);
    expect(line).toMatchObject({
      given: ['optimizer', 'epochs'],
      out: 'a',
      resume: 'a',
      besides: { threads: null, data: null, saveEvery: 5 },
    });
    expect(line.settings).toMatchObject({ model: 'resnet18', width: 16, seed: 1, lr: null });
    expect(line.settings.optimizer).toContain('adapnm');
    const models = ['resnet18', 'resnet34', 'resnet50', 'vgg16', 'densenet121', 'googlenet'];
    expect(models.map((model) => settingsOf('--model', model).model)).toEqual(models);
  });
});

describe('the settings of a data set', () => {
  const of = (...args: string[]) => {
    const { width, schedule, epochs, batchSize, trainSize, testSize } = settingsOf('--data', 'dir', ...args);
    return [width, schedule, epochs, batchSize, trainSize, testSize];
  };

  it('are quick by default', () => {
    expect(of()).toEqual([16, '40%,80%', 10, 128, 10_000, 2000]);
    expect(of('--dataset', 'cifar100')).toEqual([16, '50%,75%', 10, 128, 10_000, 2000]);
    expect(of('--dataset', 'folder')).toEqual([64, '40%,80%', 10, 32, null, null]);
  });

  it("are the paper's with --paper, except for those that are given", () => {
    expect(of('--paper')).toEqual([64, '80,160', 200, 128, null, null]);
    expect(of('--paper', '--dataset', 'cifar100')).toEqual([64, '100,150', 200, 128, null, null]);
    expect(of('--paper', '--dataset', 'folder')).toEqual([64, '60,120', 150, 256, null, null]);
    expect(of('--paper', '--epochs', '2', '--width', '8')).toEqual([8, '80,160', 2, 128, null, null]);
    const folder = settingsOf('--paper', '--dataset', 'folder', '--data', 'dir');
    expect(milestonesOf(folder)).toEqual([60, 120]);
    expect(optimizerOptions(folder, 0)).toEqual({ lr: 0.1, weightDecay: 1e-4, decay: 'l2', momentum: 0.9 });
    expect(optimizerOptions(folder, 1)).toEqual({ lr: 1, weightDecay: 1e-4, decay: 'decoupled', beta0: 1 });
  });

  it('have at most as many images as CIFAR', () => {
    expect(printed('--test-size', '10001')).toBe("option '--test-size': expected at most 10000, got 10001");
    expect(of('--dataset', 'folder', '--train-size', '70000')[4]).toBe(70_000);
  });
});

describe('models', () => {
  const made = (...args: string[]) => makeModel(settingsOf(...args), 7);

  it('have the width and the classes of a run', () => {
    for (const model of ['resnet50', 'vgg16', 'densenet121', 'googlenet']) {
      const net = made('--model', model, '--width', '4');
      const shapes = net.parameters().map(({ shape }) => shape);
      expect([shapes[0][0], shapes.at(-1)]).toEqual([model === 'googlenet' ? 12 : 4, [7]]);
    }
  });

  it('have the form for ImageNet if images come from a folder', () => {
    for (const model of ['resnet50', 'vgg16', 'densenet121', 'googlenet']) {
      const net = made('--model', model, '--width', '4', '--dataset', 'folder', '--data', 'dir');
      const names = [...net.namedParameters().keys()];
      const first = { resnet50: 'conv1.weight', vgg16: 'features.0.weight', googlenet: 'conv1.conv.weight' }[model];
      expect(names[0]).toBe(first ?? 'features.conv0.weight');
      expect(names.some((name) => name.startsWith('aux'))).toBe(false);
      expect(net.parameters().at(-1)?.shape).toEqual([7]);
    }
  });

  it('recompute activations if batches are large', () => {
    for (const model of ['densenet121', 'googlenet']) {
      const saving = [32, 33].map((batch) =>
        made('--model', model, '--width', '64', '--batch-size', `${batch}`)
          .modules()
          .some((module) => 'memoryEfficient' in module && module.memoryEfficient),
      );
      expect(saving).toEqual([false, true]);
    }
  });
});

describe('schedules', () => {
  it('are lists of epochs or of shares of the epochs', () => {
    expect(milestonesOf(settingsOf('--epochs', '200'))).toEqual([80, 160]);
    expect(milestonesOf(settingsOf('--schedule', '3,50%', '--epochs', '9'))).toEqual([3, 5]);
    expect(milestonesOf(settingsOf('--epochs', '1'))).toEqual([1, 1]);
    expect(milestonesOf(settingsOf('--schedule', 'none'))).toEqual([]);
  });
});

describe('options of optimizers', () => {
  it("are the paper's if none are given", () => {
    const settings = settingsOf('--optimizer', 'all');
    expect(settings.optimizer.join()).toBe(optim.names.join());
    const chosen = Object.fromEntries(settings.optimizer.map((name, i) => [name, optimizerOptions(settings, i)]));
    const published = {
      sgd: { lr: 0.1, weightDecay: 5e-4, decay: 'l2', momentum: 0.9 },
      pnm: { lr: 1, weightDecay: 5e-4, decay: 'decoupled', beta0: 1 },
      adapnm: { lr: 1e-3, weightDecay: 0.5, decay: 'decoupled', beta0: 1 },
      adam: { lr: 1e-3, weightDecay: 5e-4, decay: 'l2' },
      amsgrad: { lr: 1e-3, weightDecay: 5e-4, decay: 'l2' },
      adamw: { lr: 1e-3, weightDecay: 0.5, decay: 'decoupled' },
      adabound: { lr: 1e-3, weightDecay: 5e-4, decay: 'l2' },
      padam: { lr: 1e-2, weightDecay: 5e-4, decay: 'l2' },
      yogi: { lr: 1e-2, weightDecay: 5e-4, decay: 'l2' },
      radam: { lr: 1e-3, weightDecay: 5e-4, decay: 'l2' },
    };
    for (const [name, options] of Object.entries(published)) expect(chosen[name], name).toEqual(options);
  });

  it('are those of its study of noisy labels if labels are noisy', () => {
    const settings = settingsOf('--label-noise', '0.4');
    expect(optimizerOptions(settings, 0)).toEqual({ lr: 0.1, weightDecay: 1e-4, decay: 'l2', momentum: 0.9 });
    const pnm = { lr: 1, weightDecay: 1e-4, decay: 'decoupled', beta0: 70 };
    expect(optimizerOptions(settings, 1)).toEqual(pnm);
  });

  it('are those of the command line, one for all optimizers or one for each', () => {
    const settings = settingsOf('--lr', '0.5,2', '--weight-decay', '0', '--beta0', '-0.5', '--decay', 'l2');
    expect(optimizerOptions(settings, 0)).toEqual({ lr: 0.5, weightDecay: 0, momentum: 0.9, decay: 'l2' });
    expect(optimizerOptions(settings, 1)).toEqual({ lr: 2, weightDecay: 0, beta0: -0.5, decay: 'l2' });
  });
});

describe('the line of an epoch', () => {
  it('fits 80 columns and is aligned with other lines', () => {
    const row = { trainLoss: 2.34567, trainError: 1, testLoss: 1, testError: 1, seconds: 9, imagesPerSecond: 9999.4 };
    const line = epochLine({ optimizer: 'adabound', epoch: 200, lr: 0.00001, ...row }, 'adabound');
    expect(line).toBe('adabound 200  lr 1e-5   loss 2.346  err train 100.0 %  test 100.0 %  9999 img/s');
    expect(line.length).toBeLessThanOrEqual(80);
  });
});
