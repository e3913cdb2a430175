#!/usr/bin/env php
<?php
// Stands in for Symfony's `bin/console` with DoctrineBundle, which Debian does not have: the `.env` files are loaded by
// Symfony's own reader, the configuration is read by its YAML, and DBAL connects. What the bundle does between
// them is done here, for the keys of its recipe: `when@NAME`, `%env(…)%`, its defaults, `dbname_suffix`.

foreach (['Symfony/Component/Dotenv', 'Symfony/Component/Yaml', 'Doctrine/DBAL'] as $part) {
    require "$part/autoload.php";
}

use Doctrine\DBAL\DriverManager;
use Symfony\Component\Dotenv\Dotenv;
use Symfony\Component\Yaml\Yaml;

$command = null;
$options = [];
foreach (array_slice($argv, 1) as $word) {
    if (preg_match('/^--(env|connection)=(.*)$/', $word, $found)) {
        $options[$found[1]] = $found[2];
    } elseif ($word[0] !== '-') {
        $command ??= $word;
    }
}
if (isset($options['env'])) {
    putenv('APP_ENV='.$_SERVER['APP_ENV'] = $_ENV['APP_ENV'] = $options['env']);
}
$project = dirname(__DIR__);
(new Dotenv())->bootEnv("$project/.env");
$environment = $_SERVER['APP_ENV'];

$all = [];
foreach (["$project/config/packages/doctrine.yaml", "$project/config/packages/$environment/doctrine.yaml"] as $file) {
    $root = is_file($file) ? Yaml::parseFile($file) : [];
    foreach ([$root, $root["when@$environment"] ?? []] as $layer) {
        $dbal = $layer['doctrine']['dbal'] ?? [];
        // What stands beside no connections is the default one.
        $all = array_replace_recursive($all, isset($dbal['connections']) || !$dbal ? $dbal : ['connections' => ['default' => $dbal]]);
    }
}
$section = $all['connections'][$options['connection'] ?? $all['default_connection'] ?? key($all['connections'])];
$var = fn ($found) => $_ENV[$found[2]] ?? $_SERVER[$found[2]] ?? (getenv($found[2]) ?: ($found[1] ? '' : exit(3)));
$params = preg_replace_callback('/%env\((default::)?(?:resolve:|string:)?(\w+)\)%/', $var, array_filter($section, 'is_scalar'));
$params = array_intersect_key($params, array_flip(['url', 'driver', 'host', 'port', 'dbname', 'user', 'password', 'dbname_suffix']));
$params += ['driver' => 'pdo_mysql', 'host' => 'localhost', 'user' => 'root'];

$params = DriverManager::getConnection($params)->getParams();
unset($params['url']);
if (isset($params['dbname'], $params['dbname_suffix'])) {
    $params['dbname'] .= $params['dbname_suffix'];
}
$name = $params['dbname'] ?? null;
if (str_starts_with($command, 'doctrine:database:')) {
    unset($params['dbname']);
    $connection = DriverManager::getConnection($params);
    $connection->executeStatement('DROP DATABASE '.$connection->quoteIdentifier($name));
    exit;
}
$connection = DriverManager::getConnection($params);
foreach (glob("$project/migrations/*.sql") as $file) {
    $connection->executeStatement(file_get_contents($file));
    echo 'Migrating ', basename($file), "\n";
}
